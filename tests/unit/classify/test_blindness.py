"""Detection and classification cannot know what was broken: they are given nothing that tells it."""

import inspect
import re
import typing
from pathlib import Path

import pytest

import tocsin.classify
import tocsin.detect
from tocsin.model.event import Event, event_data
from tocsin.model.fault import FaultSpec, Injection
from tocsin.model.stack import Stack

ROOMS = (tocsin.detect, tocsin.classify)
SOURCES = sorted(path for room in ROOMS for path in Path(str(room.__file__)).parent.glob("*.py"))
FUNCTIONS = [value for room in ROOMS for value in vars(room).values() if inspect.isfunction(value)]
TRUTH = (Event, FaultSpec, Injection, Stack)


def _types(hint: typing.Any) -> set[typing.Any]:
    return {hint}.union(*(_types(inner) for inner in typing.get_args(hint)))


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.__name__)
def test_no_signature_takes_the_truth(function: typing.Any) -> None:
    hints = typing.get_type_hints(function)
    taken = set().union(*(_types(hint) for hint in hints.values()))
    truth = {kind for kind in typing.get_args(typing.get_args(event_data._type)[0]) if kind.lane == "truth"}
    assert truth
    assert not taken & (truth | set(TRUTH))


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_no_source_speaks_of_the_truth(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"inject|truth|tocsin_faults|model\.(fault|event|stack)|\.lane\b", text, re.IGNORECASE)
    assert not re.search(r"^\s*(import|from) (os|time|datetime|pathlib|socket|subprocess|random)\b", text, re.MULTILINE)
    assert "open(" not in text


def test_there_is_something_to_check() -> None:
    assert len(FUNCTIONS) >= 6
    assert len(SOURCES) >= 15
