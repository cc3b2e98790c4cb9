"""Real drills with a script in people's place, blind, watched from outside; then two of them as a game day."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.live import SHORT_DRILL, begin, make_live_workspace, processes_in, tocsin, wait_for_event

from tocsin import clock
from tocsin.control.client import ControlClient
from tocsin.control.socket import SOCKET
from tocsin.errors import Refused
from tocsin.tape.fold import fold
from tocsin.tape.replay import describe
from tocsin.tape.seal import Seal, sealed_meta
from tocsin.tape.state import RunState
from tocsin.tape.store import TapeReader
from tocsin.workspace import Workspace

pytestmark = [pytest.mark.stack, pytest.mark.alone]

TELLING = ("consumer_pause", "consumer-pause", "frozen", "injected")

SCRIPT = """\
who: Sam
steps:
  - {on: detected, after: 1s, do: acknowledge}
  - {on: detected, after: 2s, do: declare, arguments: {severity: SEV2}}
  - {on: detected, after: 2s, do: hint}
  - {on: detected, after: 3s, do: hypothesise,
     arguments: {cause: kafka.consumer_pause, target: coupon-issuer, confidence: 0.8}}
  - {on: detected, after: 3s, do: remedy, arguments: {remedy: restart, target: coupon-issuer}}
  - {on: detected, after: 4s, do: remedy, arguments: {remedy: restart, target: coupon-issuer, confirmed: true}}
  - {on: action_done, after: 1s, do: update, arguments: {text: restarted}}
  - {on: mitigated, do: mitigated}
  - {on: resolved, do: resolved}
"""
QUIET = "title: Nothing\nstack: shop\nload: {profile: quick_mix, scale: 0.5, for: 14s}\nsteady: {for: 4s}\n"
DAY = """\
title: A short day
objective: see two drills through
pre_checks: [{check: starts_allowed}, {check: programs}, {check: stack_free}]
break: 1s
drills:
  - {drill: hidden, script: sam.yaml, blind: true}
  - {drill: quiet, script: nobody.yaml}
"""


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    found = make_live_workspace(tmp_path_factory.mktemp("people") / "workspace")
    drills = found.root / "drills"
    (drills / "gamedays").mkdir()
    # long enough to be well again before the fault ends by itself
    hidden = SHORT_DRILL.replace("A short consumer pause", "A secret")
    hidden = hidden.replace("for: 30s", "for: 50s").replace(
        "for: 100s", "for: 120s"
    )  # time to be well before our revert
    (drills / "hidden.yaml").write_text(hidden, encoding="utf-8")
    (drills / "quiet.yaml").write_text(f"{QUIET}expect: {{no_breach: true}}\n", encoding="utf-8")
    (drills / "gamedays" / "sam.yaml").write_text(SCRIPT, encoding="utf-8")
    (drills / "gamedays" / "nobody.yaml").write_text("steps: []\n", encoding="utf-8")
    (drills / "gamedays" / "day.yaml").write_text(DAY, encoding="utf-8")
    yield found
    tocsin(found, "down")


def _state(folder: Path) -> RunState:
    with TapeReader.open(folder / "tape.db") as reader:
        return fold(reader.meta, reader.events())


def _shown(folder: Path) -> str:
    """Everything that a responder's console may take from the run while it goes on."""
    with TapeReader.open(folder / "tape.db") as reader:
        seal = Seal(reader.meta, "responder")
        lines = [describe(event) for event in reader.events() if not seal.hides(event.data)]
        lines += [line for _, _, line in reader.logs() if not seal.tells(line)]
        lines.append(sealed_meta(reader.meta, "responder").drill.model_dump_json())
        return "\n".join([str(folder), *lines]).lower()


def _finish(run: "subprocess.Popen[str]") -> tuple[int, dict[str, Any], str]:
    output, errors = run.communicate(timeout=240)
    return run.returncode, json.loads(output), errors


def test_a_script_responds_to_a_blind_drill_that_tells_nothing(workspace: Workspace) -> None:
    script = str(workspace.root / "drills" / "gamedays" / "sam.yaml")
    run = begin(workspace, "run", "hidden", "--blind", "--responder", f"script:{script}", "--seed", "11", "--json")
    folder = wait_for_event(workspace, "steady_satisfied")
    assert "hidden" not in folder.name
    with ControlClient(folder, "Moe", "facilitator") as moe, ControlClient(folder, "Eve", "observer") as eve:
        assert moe.send("attach")["title"] == "A secret"
        assert eve.send("attach")["title"] == "A blind drill"
        wait_for_event(workspace, "bit")
        words = " ".join(processes_in(workspace.root)) + Path(f"/proc/{run.pid}/cmdline").read_text(encoding="utf-8")
        told = tocsin(workspace, "status", "--json").stdout + tocsin(workspace, "list", "runs").stdout
        for text in (words, told, _shown(folder)):
            assert not [telling for telling in (*TELLING, "hidden", "a secret") if telling in text.lower()]
        assert moe.send("pause") == {}
        with pytest.raises(Refused, match="not for the role observer"):
            eve.send("acknowledge")
        clock.pause(3.0)
        assert moe.send("resume") == {}
        assert moe.send("note", {"text": "they look at the right place"}) == {}
    code, result, errors = _finish(run)
    assert (code, result["verdict"]) == (0, "held"), errors
    assert not (folder / SOCKET).exists()
    state = _state(folder)
    assert (state.acknowledged_by, state.actions[0].who, state.actions[0].confirmed) == ("Sam", "Sam", True)
    assert state.classified is not None
    assert state.classified.cause == "kafka.consumer_pause"
    assert state.tool_classified is not None
    assert state.people.hint_cost == 2.0
    assert len(state.people.mitigated) == len(state.people.resolved) == 1
    assert {one.who for one in state.people.present if one.until is not None} == {"Moe", "Eve"}
    assert [round(one.end - one.start) for one in state.people.paused if one.end is not None] == [3]
    assert any("has to be confirmed" in text for _, text in state.notes)
    assert state.residue == []


def test_a_game_day_is_killed_and_resumed_and_its_summary_written(workspace: Workspace) -> None:
    known = len(workspace.run_folders())
    day = begin(workspace, "gameday", "day", "--responder", "script", "--json")
    assert clock.wait_until(lambda: len(workspace.run_folders()) > known, timeout=60.0)
    wait_for_event(workspace, "note")  # its guardian is bringing the stack up
    day.kill()
    day.communicate(timeout=30)
    code, record, errors = _finish(begin(workspace, "gameday", "day", "--responder", "script", "--resume", "--json"))
    assert (code, record["state"]) == (0, "done"), errors
    assert [(one["drill"], one["verdict"], one["attempts"]) for one in record["entries"]] == [
        ("hidden", "held", 2),
        ("quiet", "held", 1),
    ]
    assert {Path(path).name for path in record["documents"]} >= {"junit.xml"}
    assert all(Path(path).is_file() for path in record["documents"])
    assert processes_in(workspace.root) == []
