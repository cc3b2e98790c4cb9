"""Scripts: every mistake with its line and the nearest word; steps are done once, at their time or after an event."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.conftest import ROOT, breach

from tocsin.errors import BadInput
from tocsin.model import event as e
from tocsin.model.command import RunRemedy
from tocsin.model.event import Event, EventData
from tocsin.model.hypothesis import Playbook
from tocsin.model.script import Script
from tocsin.respond.script import ScriptPlayer, Words, read_script
from tocsin.yamlfile import load_model

GOOD = """\
# what Sam does
who: Sam
steps:
  - {on: detected, after: 2s, do: acknowledge}
  - {at: 1m, do: note, role: scribe, who: Sue, arguments: {text: a minute is over}}
  - on: action_done
    nth: 2
    do: remedy
    arguments: {remedy: restart, target: coupon-issuer, confirmed: true}
"""


@pytest.fixture(scope="module")
def words() -> Words:
    playbooks = [load_model(path, Playbook) for path in sorted((ROOT / "runbooks" / "playbooks").glob("*.yaml"))]
    return Words([one.cause for one in playbooks], playbooks, ["redis", "mysql", "coupon-issuer", "app"])


def _read(folder: Path, text: str, words: Words) -> Script:
    path = folder / "script.yaml"
    path.write_text(text, encoding="utf-8")
    return read_script(path, words)


def test_a_script_is_read(tmp_path: Path, words: Words) -> None:
    script = _read(tmp_path, GOOD, words)
    assert [step.do for step in script.steps] == ["acknowledge", "note", "remedy"]


@pytest.mark.parametrize(
    ("old", "new", "line", "why"),
    [
        ("do: acknowledge", "do: acknowlege", 4, "did you mean 'acknowledge'"),
        ("on: detected", "on: detection", 4, "did you mean 'detected'"),
        ("on: detected, after: 2s", "at: 3s, after: 2s", 4, "belong to on"),
        ("on: detected, after: 2s, ", "", 4, "either at or on"),
        ("after: 2s", "after: soon", 4, "is not a duration"),
        ("do: acknowledge", "do: attach", 4, "attached as long"),
        ("role: scribe, ", "", 5, "note is not for the role responder"),
        ("text: a minute is over", "words: x", 5, "unknown argument 'words'"),
        ("remedy: restart", "remedy: restrat", 9, "did you mean 'restart'"),
        ("target: coupon-issuer", "target: coupon-isuer", 9, "did you mean 'coupon-issuer'"),
        ("confirmed: true", "confirmed: maybe", 9, "remedy: confirmed"),
        ("confirmed: true", "cause: redis.flsh", 9, "did you mean 'redis.flush'"),
        ("do: remedy", "do: hypothesise", 9, "unknown argument 'remedy'"),
        ("who: Sam", "whom: Sam", 2, "did you mean 'who'"),
    ],
)
def test_a_mistake_is_told_with_its_line(tmp_path: Path, words: Words, old: str, new: str, line: int, why: str) -> None:
    assert GOOD.count(old) == 1
    with pytest.raises(BadInput) as told:
        _read(tmp_path, GOOD.replace(old, new), words)
    first = next(one for one in str(told.value).splitlines() if why in one)
    assert first.startswith(f"{tmp_path / 'script.yaml'}:{line}: ")


def test_every_mistake_is_told_at_once(tmp_path: Path, words: Words) -> None:
    broken = GOOD.replace("restart", "restrat").replace("role: scribe, ", "")
    with pytest.raises(BadInput) as told:
        _read(tmp_path, broken, words)
    assert len(str(told.value).splitlines()) == 2


def _event(data: EventData, number: int) -> Event:
    return Event(seq=number, t=float(number), wall=0.0, data=data)


def _due(player: ScriptPlayer, seconds: float, *fresh: EventData) -> list[str]:
    events = [_event(data, number) for number, data in enumerate(fresh)]
    return [command.command for _, command in player.due(events, seconds)]


def test_steps_are_due_once_each(tmp_path: Path, words: Words) -> None:
    player = ScriptPlayer(_read(tmp_path, GOOD, words))
    done = e.ActionDone(action="a1", seconds=1.0)
    assert _due(player, 10.0) == []
    assert _due(player, 20.0, e.Breached(breach=breach())) == []
    assert _due(player, 21.9) == []
    assert _due(player, 22.0, e.Breached(breach=breach())) == ["acknowledge"]
    assert _due(player, 30.0, done) == []
    assert _due(player, 61.0) == ["note"]
    assert _due(player, 62.0, done) == ["remedy"]
    assert _due(player, 99.0, done) == []


def test_its_commands_are_those_of_the_socket(tmp_path: Path, words: Words) -> None:
    player = ScriptPlayer(_read(tmp_path, GOOD, words))
    done = e.ActionDone(action="a1", seconds=1.0)
    found = player.due([_event(done, 1), _event(done, 2)], 5.0)
    assert [number for number, _ in found] == [3]
    command = found[0][1]
    assert isinstance(command, RunRemedy)
    assert (command.who, command.role, command.arguments.confirmed) == ("Sam", "responder", True)


_VALUES: Any = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(arguments=st.dictionaries(st.sampled_from(["remedy", "target", "with", "text", "cause"]), _VALUES, max_size=4))
def test_whatever_arguments_hold_they_are_right_or_told(
    tmp_path_factory: pytest.TempPathFactory, words: Words, arguments: dict[str, Any]
) -> None:
    path = tmp_path_factory.mktemp("any") / "s.yaml"
    steps = [{"at": 1, "do": "preview", "arguments": arguments}]
    path.write_text(json.dumps({"steps": steps}), encoding="utf-8")
    try:
        read = read_script(path, words).steps[0].arguments
    except BadInput as error:
        read, told = arguments, str(error)
    else:
        told = str(path)
    assert read == arguments
    assert told.startswith(str(path))
