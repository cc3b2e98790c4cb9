"""Commands of people: what is understood, what is refused, and who may send what."""

import json
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from tocsin.model.command import ALLOWED, Command, CommandName, command_data
from tocsin.model.event import event_data
from tocsin.model.person import Role

FULL: list[dict[str, Any]] = [
    {"command": "attach"},
    {"command": "detach"},
    {"command": "acknowledge", "arguments": {}},
    {"command": "declare", "arguments": {"severity": "SEV4"}},
    {"command": "hypothesise", "arguments": {"cause": "redis.flush", "target": "redis", "confidence": 0.7}},
    {"command": "preview", "arguments": {"remedy": "restart", "target": "redis"}},
    {"command": "remedy", "arguments": {"remedy": "scale_out", "with": {"to": 3}, "confirmed": True}},
    {"command": "update", "arguments": {"text": "we look at it"}},
    {"command": "mitigated"},
    {"command": "resolved"},
    {"command": "hint"},
    {"command": "note", "arguments": {"text": "she asked for the graph"}},
    {"command": "inject", "arguments": {"fault": "redis.latency", "target": "redis", "seconds": "20s", "with": {}}},
    {"command": "pause"},
    {"command": "resume"},
    {"command": "give_hint", "arguments": {"text": "look at the cache"}},
    {"command": "stop", "arguments": {"reason": "lunch"}},
]


@pytest.mark.parametrize("given_", FULL, ids=lambda one: one["command"])
def test_every_command_is_understood(given_: dict[str, Any]) -> None:
    found = command_data.validate_json(json.dumps({"id": 3, "who": " Ann ", "role": "commander", **given_}))
    assert (found.id, found.who, found.command) == (3, "Ann", given_["command"])


def test_the_names_are_those_of_the_union_and_everyone_knows_who_may_send_them() -> None:
    members = get_args(get_args(Command)[0])
    names = {member.model_fields["command"].default for member in members}
    assert names == set(get_args(CommandName)) == set(ALLOWED) == {one["command"] for one in FULL}


def test_observers_only_watch_and_only_facilitators_break_things() -> None:
    assert {name for name, roles in ALLOWED.items() if "observer" in roles} == {"attach", "detach"}
    for name in ("inject", "pause", "resume", "give_hint", "stop"):
        assert ALLOWED[name] == {"facilitator"}
    assert "facilitator" not in ALLOWED["remedy"]
    assert {name for name, roles in ALLOWED.items() if "scribe" in roles} == {"attach", "detach", "update", "note"}
    assert set(get_args(Role)) == ALLOWED["attach"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"command": "dance"},
        {"command": "declare", "arguments": {"severity": "SEV9"}},
        {"command": "declare"},
        {"command": "hypothesise", "arguments": {"cause": "x", "confidence": 1.5}},
        {"command": "acknowledge", "arguments": {"loud": True}},
        {"command": "acknowledge", "who": ""},
        {"command": "acknowledge", "who": "Ann\nBob"},
        {"command": "acknowledge", "who": "A" * 61},
        {"command": "acknowledge", "role": "king"},
        {"command": "note", "arguments": {"text": "  "}},
        {"command": "inject", "arguments": {"fault": "f", "target": "t", "seconds": 0}},
        {"command": "acknowledge", "id": "one"},
    ],
    ids=str,
)
def test_what_is_wrong_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        command_data.validate_python({"who": "Ann", "role": "responder", **wrong})


@given(st.text() | st.binary())
def test_no_line_whatever_it_holds_does_more_than_be_refused(line: str | bytes) -> None:
    with pytest.raises(ValidationError):
        command_data.validate_json(line)


@given(st.floats(0, 1), st.text(max_size=30))
def test_events_of_people_survive_the_tape(confidence: float, cause: str) -> None:
    stored = {"kind": "hypothesis_stated", "who": "Ann", "role": "responder", "cause": cause, "target": "t"}
    event = event_data.validate_python({**stored, "confidence": confidence})
    assert event_data.validate_json(event_data.dump_json(event)) == event
