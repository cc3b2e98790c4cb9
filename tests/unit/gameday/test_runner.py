"""Game days on paper: what a run comes to is given; order, stops, record and resuming are the game day's own."""

import os
import signal
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from tests.conftest import STARTED, Story

from tocsin import clock
from tocsin.director.blocking import allow_starts, block_starts
from tocsin.director.plan import Choices, Plan, make_plan
from tocsin.director.session import Ran, run_meta
from tocsin.errors import Aborted, BadInput, Blocked
from tocsin.gameday import Chosen, newest_record, read_gameday, read_record, runner
from tocsin.gameday import plan as plan_module
from tocsin.gameday.record import held, records
from tocsin.gameday.runner import Hands, begin_gameday, exit_code
from tocsin.gameday.runner import resume_gameday as resume
from tocsin.model import event as e
from tocsin.model.gameday import GameDayRecord
from tocsin.model.verdict import EXIT_CODES
from tocsin.tape.fold import fold
from tocsin.tape.result import run_result
from tocsin.tape.store import Tape
from tocsin.workspace import Workspace

NAMES = ["redis/latency", "no-fault", "kafka/coupon-consumer-pause"]


class Killed(BaseException):
    """The process dies."""


class Stage:
    """Plays drills on paper: each leaves a tape with the verdict that was given."""

    def __init__(self, workspace: Workspace, story: Story) -> None:
        self.workspace, self._story = workspace, story
        self.verdicts: dict[str, str] = {}
        self.played: list[str] = []
        self.said: list[str] = []
        self.dies_in = ""
        self.dies_after = ""
        self.blind: list[bool] = []
        self.tell: Callable[[str], None] = self.said.append

    def play(self, plan: Plan, on_folder: Callable[[Path], None]) -> Ran:
        self.played.append(plan.name)
        self.blind.append(plan.drill.blind)
        folder = self.workspace.runs / f"2026-{len(self.played)}-{plan.name.replace('/', '-')}"
        folder.mkdir(parents=True)
        on_folder(folder)
        verdict = self.verdicts.get(plan.name, "held")
        meta = run_meta(plan, folder.name, STARTED)
        with Tape.create(folder / "tape.db", meta) as tape:
            events = [tape.append(t, STARTED + t, data) for t, data in self._told(verdict, plan.name)]
        if plan.name in (self.dies_in, self.dies_after):
            self.dies_in = self.dies_after = ""
            raise Killed
        failure = Aborted("Ctrl-C") if verdict == "aborted" else None
        return Ran(run_result(fold(meta, events), meta, str(folder / "tape.db"), ""), failure)

    def _told(self, verdict: str, name: str) -> Story:
        told = [line for line in self._story if not isinstance(line[1], e.VerdictReached)]
        if name == self.dies_in:
            return told[:10]
        stopped: Story = [(157.1, e.AbortRequested(by="SIGINT", reason="Ctrl-C"))] if verdict == "aborted" else []
        reached = e.VerdictReached.model_validate({"verdict": verdict, "reasons": ["because"]})
        return [*told, *stopped, (157.2, reached)]

    @property
    def hands(self) -> Hands:
        return Hands(self.play, self.tell)


_PLANS: dict[tuple[str, Choices], Plan] = {}
"""Plans that were made: reading a drill with everything it refers to takes longer than all that is tested here."""


def _planned(workspace: Workspace, text: str, choices: Choices) -> Plan:
    if (text, choices) not in _PLANS:
        _PLANS[text, choices] = make_plan(workspace, text, choices)
    return _PLANS[text, choices]


@pytest.fixture(autouse=True)
def planned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan_module, "make_plan", _planned)


@pytest.fixture
def stage(workspace: Workspace, story: Story) -> Stage:
    return Stage(workspace, story)


def _begin(stage: Stage, extra: str = "", drills: str = "") -> tuple[Path, GameDayRecord]:
    folder = stage.workspace.root / "drills" / "gamedays"
    folder.mkdir(parents=True, exist_ok=True)
    listed = drills or "".join(f"  - drill: {name}\n" for name in NAMES)
    path = folder / "day.yaml"
    path.write_text(f"title: A day\nobjective: see\n{extra}\ndrills:\n{listed}", encoding="utf-8")
    plan = read_gameday(stage.workspace, str(path), Chosen())
    return begin_gameday(stage.workspace, plan, Chosen(), stage.hands)


def _states(record: GameDayRecord) -> list[tuple[str, str | None]]:
    return [(entry.state, entry.verdict) for entry in record.entries]


def test_every_drill_is_run_and_the_record_says_how_it_went(stage: Stage) -> None:
    folder, record = _begin(stage)
    assert stage.played == NAMES
    assert record == read_record(folder)
    assert (record.state, record.reason, exit_code(record)) == ("done", "", 0)
    entry = record.entries[0]
    assert (entry.verdict, entry.stamps.detected, entry.attempts) == ("held", 96.5, 1)
    assert (stage.workspace.runs / entry.run / "tape.db").exists()
    assert entry.score is not None
    assert entry.score_lines
    assert entry.started is not None
    assert entry.ended is not None


@pytest.mark.parametrize("verdict", ["missed", "invalid"])
def test_a_failure_does_not_end_it_unless_it_is_told_so(stage: Stage, verdict: str) -> None:
    stage.verdicts["redis/latency"] = verdict
    _, record = _begin(stage)
    assert (record.state, exit_code(record)) == ("done", EXIT_CODES[verdict])  # type: ignore[index]
    assert len(stage.played) == 3


@pytest.mark.parametrize(
    ("extra", "verdict", "why"),
    [
        ("on_failure: stop", "missed", "stops on failure"),
        ("stop_if: {failures: 1}", "invalid", "1 drills were not held"),
        ("stop_if: {verdicts: [invalid]}", "invalid", "redis/latency was invalid"),
        ("stop_if: {verdicts: []}", "unclean", "redis/latency was unclean"),
        ("", "aborted", "redis/latency was aborted"),
    ],
)
def test_when_it_ends_before_its_last_drill(stage: Stage, extra: str, verdict: str, why: str) -> None:
    stage.verdicts["redis/latency"] = verdict
    _, record = _begin(stage, extra)
    assert why in record.reason
    assert _states(record) == [("done", verdict), ("skipped", None), ("skipped", None)]
    assert (record.state, exit_code(record)) == ("stopped", EXIT_CODES[verdict])  # type: ignore[index]


def test_no_drill_is_begun_once_it_has_gone_on_for_too_long(stage: Stage) -> None:
    _, record = _begin(stage, "stop_if: {longer_than: 0s}")
    assert stage.played == []
    assert (record.state, exit_code(record)) == ("stopped", 3)


def test_a_kill_in_the_middle_is_taken_up_where_it_was(stage: Stage) -> None:
    stage.dies_in = "no-fault"
    with pytest.raises(Killed):
        _begin(stage)
    folder = newest_record(stage.workspace, "day")
    assert _states(read_record(folder)) == [("done", "held"), ("running", None), ("waiting", None)]
    first = read_record(folder).entries[1].run
    _, record = resume(stage.workspace, folder, Chosen(), stage.hands)
    assert stage.played == [NAMES[0], "no-fault", "no-fault", NAMES[2]]
    assert (record.state, exit_code(record)) == ("done", 0)
    assert [entry.attempts for entry in record.entries] == [1, 2, 1]
    assert record.entries[1].run != first
    assert any("was interrupted" in line for line in stage.said)


def test_a_drill_that_had_its_verdict_before_the_kill_is_not_run_again(stage: Stage) -> None:
    stage.dies_after = "no-fault"
    with pytest.raises(Killed):
        _begin(stage)
    folder = newest_record(stage.workspace, "day")
    _, record = resume(stage.workspace, folder, Chosen(), stage.hands)
    assert stage.played == NAMES
    assert _states(record) == [("done", "held")] * 3


def test_what_was_aborted_or_left_out_is_run_when_it_is_resumed(stage: Stage) -> None:
    stage.verdicts["no-fault"] = "aborted"
    _begin(stage)
    stage.verdicts.clear()
    folder = newest_record(stage.workspace, "day")
    _, record = resume(stage.workspace, folder, Chosen(responder="none"), stage.hands)
    assert stage.played == [NAMES[0], "no-fault", "no-fault", NAMES[2]]
    assert (record.state, record.responder, exit_code(record)) == ("done", "auto", 0)


def test_there_is_nothing_to_resume_once_it_is_done(stage: Stage) -> None:
    with pytest.raises(BadInput, match="nothing to resume"):
        newest_record(stage.workspace, "day")
    _begin(stage)
    with pytest.raises(BadInput, match="nothing to resume"):
        newest_record(stage.workspace, "day")
    assert len(records(stage.workspace)) == 1


def test_one_process_runs_a_game_day(stage: Stage) -> None:
    folder, _ = _begin(stage)
    with held(folder), pytest.raises(Blocked, match="is going on"):
        resume(stage.workspace, folder, Chosen(), stage.hands)


def test_a_drill_that_cannot_start_leaves_a_record_to_resume(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    def blocked(*_: Any) -> Ran:
        raise Blocked("the stack shop is in use")

    monkeypatch.setattr(stage, "play", blocked)
    with pytest.raises(Blocked):
        _begin(stage)
    record = read_record(newest_record(stage.workspace, "day"))
    assert _states(record) == [("waiting", None)] * 3


def test_stop_ends_a_break(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        block_starts(stage.workspace, "the coffee is ready")

    monkeypatch.setattr(runner, "clock", SimpleNamespace(wall=clock.wall, monotonic=clock.monotonic, pause=pause))
    _, record = _begin(stage, "break: 100s")
    assert len(pauses) == 1
    assert "the coffee is ready" in record.reason
    assert _states(record) == [("done", "held"), ("skipped", None), ("skipped", None)]
    assert exit_code(record) == 3
    allow_starts(stage.workspace)


def test_ctrl_c_between_two_drills_ends_it_and_it_can_be_resumed(stage: Stage) -> None:
    def say(line: str) -> None:
        if line == "redis/latency: held":
            os.kill(os.getpid(), signal.SIGINT)

    stage.tell = say
    _, record = _begin(stage)
    assert stage.played == NAMES[:1]
    assert ("Ctrl-C" in record.reason, record.state, exit_code(record)) == (True, "stopped", 3)
    assert newest_record(stage.workspace, "day").name == record.id


def test_a_drills_own_break_and_seal(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    own = SimpleNamespace(wall=clock.wall, monotonic=lambda: sum(waits), pause=waits.append)
    monkeypatch.setattr(runner, "clock", own)  # the runner's alone: others wait as well
    listed = "  - {drill: redis/latency, break: 1s, blind: false}\n  - drill: no-fault\n  - drill: redis/flush\n"
    _begin(stage, "break: 0s\nblind: true", listed)
    assert sum(waits) == pytest.approx(1.0, abs=0.01)
    assert stage.blind == [False, True, True]
    assert not any("no-fault" in line for line in stage.said[: stage.said.index("no-fault: held")])


def test_pre_checks(stage: Stage) -> None:
    _, record = _begin(stage, "pre_checks: [{check: starts_allowed}, {check: disk, at_least: 0.001}, ask around]")
    assert [(check.what, check.met) for check in record.checks] == [
        ("starts allowed", True),
        ("disk", True),
        ("ask around", None),
    ]
    with pytest.raises(BadInput, match=r"may not begin.*\n.*GB wanted"):
        _begin(stage, "pre_checks: [{check: disk, at_least: 1000000}]")
    assert len(records(stage.workspace)) == 1
    assert len(stage.played) == 3


def test_a_broken_record_is_told(stage: Stage) -> None:
    folder, _ = _begin(stage)
    (folder / "gameday.json").write_text("{", encoding="utf-8")
    with pytest.raises(BadInput, match="broken"):
        read_record(folder)
    with pytest.raises(BadInput, match="no record"):
        read_record(folder.parent)
