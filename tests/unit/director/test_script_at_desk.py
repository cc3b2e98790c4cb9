"""A script in people's place goes the same way as they do."""

from typing import Any

from tests.unit.director.conftest import Room

from tocsin.director.people.script import ScriptAtDesk
from tocsin.model.script import Script
from tocsin.respond.script import ScriptPlayer
from tocsin.tape.fold import fold


def _script(room: Room, **fields: Any) -> ScriptAtDesk:
    return ScriptAtDesk(ScriptPlayer(Script.model_validate(fields)), room.desk, room.recorder)


def test_a_script_goes_the_same_way(room: Room) -> None:
    script = _script(
        room,
        who="Sam",
        steps=[
            {"on": "detected", "after": 2, "do": "acknowledge"},
            {"on": "acknowledged", "do": "declare", "arguments": {"severity": "SEV3"}},
            {"at": 0, "do": "remedy", "arguments": {"remedy": "restart", "target": "redis"}},
        ],
    )
    room.page()
    for _ in range(6):
        room.second()
        script.step(room.clock.seconds())
        room.desk.serve()
    state = fold(room.meta, room.recorder.events)
    assert state.acknowledged_by == "Sam"
    assert [one.severity for _, one in state.declarations] == ["SEV3"]
    refused = [text for _, text in state.notes]
    assert len(refused) == 1
    assert refused[0].startswith("step 3 of the script (remedy) was refused: restart has to be confirmed")


def test_a_cause_may_be_unknown_and_a_target_left_out(room: Room) -> None:
    assert room.ask("hypothesise", cause="unknown", confidence=0.0).ok
    assert room.kinds == ["hypothesis_stated"]
