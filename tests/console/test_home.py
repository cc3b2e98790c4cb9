"""Home and game days: what there is, what is started (as a process of its own), and what it opens."""

import json
from pathlib import Path

import pytest
from tests.conftest import Story
from tests.console.conftest import Console, text_of, until, write_tape
from textual.pilot import Pilot

from tocsin.console import launch
from tocsin.console.launch import Launch
from tocsin.console.screens.gamedays import GameDayScreen, GameDaysScreen
from tocsin.console.screens.home import HomeScreen
from tocsin.console.screens.live import LiveScreen
from tocsin.console.screens.replay import ReplayScreen
from tocsin.errors import BadInput
from tocsin.ledger.store import Ledger
from tocsin.model.gameday import DrillEntry, GameDay, GameDayDrill, GameDayRecord
from tocsin.model.run import RunMeta
from tocsin.model.verdict import Stamps
from tocsin.workspace import Workspace


async def _shows(pilot: Pilot[int], text: str) -> None:
    await until(pilot, lambda: text in text_of(pilot.app), text)


async def _told(pilot: Pilot[int], text: str) -> None:
    """A message says so, however its lines are broken."""
    await until(pilot, lambda: any(text in one.message for one in pilot.app._notifications), text)


@pytest.fixture
def runs(workspace: Workspace, meta: RunMeta, story: Story) -> Workspace:
    """A workspace with a run that is over."""
    write_tape(workspace.runs / meta.run / "tape.db", meta, story).close()
    return workspace


@pytest.mark.asyncio
@pytest.mark.parametrize("size", [(80, 24), (200, 60)])
async def test_home_lists_drills_runs_and_the_stack(runs: Workspace, console: Console, size: tuple[int, int]) -> None:
    async with console(lambda: HomeScreen(runs, "ann"), size) as pilot:
        await _shows(pilot, "kafka/coupon-consumer-pause")
        await _shows(pilot, "held")
        await _shows(pilot, "stack shop: not running")
        await _shows(pilot, "starts are allowed")
        await _shows(pilot, "faults")  # what the marked drill is
        text = text_of(pilot.app)
        for active in pilot.app.screen.active_bindings.values():
            if active.binding.show:
                assert f"{pilot.app.get_key_display(active.binding)} {active.binding.description}" in text


@pytest.mark.asyncio
async def test_a_run_that_is_over_is_played_again(runs: Workspace, console: Console) -> None:
    async with console(lambda: HomeScreen(runs, "ann"), (80, 24)) as pilot:
        await _shows(pilot, "held")
        await pilot.press("tab", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, ReplayScreen), "the replay")
        await pilot.press("q")
        await until(pilot, lambda: isinstance(pilot.app.screen, HomeScreen), "home")


@pytest.mark.asyncio
async def test_a_run_that_goes_on_is_attached_to_and_a_blind_one_has_no_name(
    workspace: Workspace, meta: RunMeta, story: Story, console: Console
) -> None:
    blind = meta.model_copy(update={"drill": meta.drill.model_copy(update={"blind": True})})
    folder = workspace.runs / "20231114-221320-sealed"
    writing = write_tape(folder / "tape.db", blind, story, until=96)
    async with console(lambda: HomeScreen(workspace, "ann"), (80, 24)) as pilot:
        await _shows(pilot, "no verdict")
        ledger = Ledger(folder / "ledger.jsonl")  # its guardian has begun
        await _shows(pilot, "▶ running")
        await _shows(pilot, "a blind drill")
        await pilot.press("tab", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, LiveScreen), "the live screen")
        await _shows(pilot, "A blind drill")
        assert meta.drill.title not in text_of(pilot.app)
    ledger.close()
    writing.close()


@pytest.mark.asyncio
async def test_a_tape_that_cannot_be_read_is_listed_as_such(workspace: Workspace, console: Console) -> None:
    folder = workspace.runs / "20231114-000000-broken"
    folder.mkdir(parents=True)
    (folder / "tape.db").write_bytes(b"no tape at all")
    async with console(lambda: HomeScreen(workspace, "ann"), (80, 24)) as pilot:
        await _shows(pilot, "unreadable")
        await pilot.press("tab", "enter")
        await _told(pilot, "not a database")
        assert isinstance(pilot.app.screen, HomeScreen)


_STARTER = """
import sys, pathlib, shutil, time
runs = pathlib.Path(".tocsin/runs"); folder = runs / "20990101-000000-started"
folder.mkdir(parents=True)
(folder / "words").write_text(" ".join(sys.argv[1:]))
(folder / "tape.db").touch(); time.sleep(1)  # as when a tape is just being made
shutil.copy("given.db", folder / "draft"); (folder / "draft").rename(folder / "tape.db")
"""


@pytest.mark.asyncio
async def test_a_drill_is_started_as_a_process_of_its_own(
    workspace: Workspace, meta: RunMeta, story: Story, console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_tape(workspace.root / "given.db", meta, story).close()
    monkeypatch.setattr(launch, "_PROGRAM", _STARTER)
    async with console(lambda: HomeScreen(workspace, "ann"), (80, 24)) as pilot:
        await _shows(pilot, "coupons/backlog-remedies")
        await pilot.press("enter")
        await _shows(pilot, "you respond, blind")
        await pilot.press("down", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, LiveScreen), "the live screen")
        await _shows(pilot, "verdict held")
        words = (workspace.runs / "20990101-000000-started" / "words").read_text(encoding="utf-8")
        assert words == "run coupons/backlog-remedies --responder human --blind"
        await pilot.press("q")
        await until(pilot, lambda: isinstance(pilot.app.screen, HomeScreen), "home")


@pytest.mark.asyncio
async def test_a_start_that_fails_says_why(
    workspace: Workspace, console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(launch, "_PROGRAM", "import sys; sys.exit('error starts are blocked')")
    async with console(lambda: HomeScreen(workspace, "ann"), (80, 24)) as pilot:
        await _shows(pilot, "coupons/backlog-remedies")
        await pilot.press("enter")
        await _shows(pilot, "you respond")
        await pilot.press("enter")
        await _shows(pilot, "starts are blocked")
        await until(pilot, lambda: isinstance(pilot.app.screen, HomeScreen), "home again")


def test_what_is_started_outlives_the_console(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    import os  # noqa: PLC0415

    monkeypatch.setattr(launch, "_PROGRAM", "import sys; sys.stdin.read(); print('x')")
    started = Launch(workspace, ["run", "x"])
    assert os.getsid(started._process.pid) == started._process.pid != os.getsid(0)
    with pytest.raises(BadInput, match="did not start"):
        started.run_folder()


def _record(folder: Path, meta: RunMeta, state: str = "running") -> Path:
    plan = GameDay(
        title="First Friday", objective="find what breaks", briefing="Phones off.", debrief="What did we learn?",
        roles={"commander": "Ann"}, hypotheses=["lag drains in a minute"],
        drills=[GameDayDrill(drill="kafka/coupon-consumer-pause"), GameDayDrill(drill="redis/flush", blind=True)],
    )  # fmt: skip
    stamps = Stamps(impact=92.5, detected=96.5, acknowledged=97.0, mitigated=107.0, resolved=111.0)
    entries = [
        DrillEntry(
            number=1, drill=plan.drills[0].drill, title="Coupons", plan=plan.drills[0], seed=7, state="done",
            run=meta.run, verdict="held", stamps=stamps, score=81.0,
        ),
        DrillEntry(number=2, drill="redis/flush", title="Flush", plan=plan.drills[1], seed=7, state="waiting"),
    ]  # fmt: skip
    record = GameDayRecord.model_validate({
        "id": "20231114-first", "gameday": "first-friday", "path": "x", "plan": plan, "responder": "human",
        "started": 1.7e9, "state": state, "entries": entries,
    })  # fmt: skip
    path = folder / "20231114-first" / "gameday.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(record.model_dump_json(by_alias=True), encoding="utf-8")
    return path


@pytest.mark.asyncio
@pytest.mark.parametrize("size", [(80, 24), (160, 45)])
async def test_a_game_day_drill_by_drill(
    runs: Workspace, meta: RunMeta, console: Console, size: tuple[int, int]
) -> None:
    path = _record(runs.runtime / "gamedays", meta)
    async with console(lambda: HomeScreen(runs, "ann"), size) as pilot:
        await pilot.press("g")
        await until(pilot, lambda: isinstance(pilot.app.screen, GameDaysScreen), "game days")
        await _shows(pilot, "1 of 2")
        await pilot.press("tab", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, GameDayScreen), "the game day")
        await _shows(pilot, "Phones off.")
        text = text_of(pilot.app)
        assert "kafka/coupon-consumer-pause" in text
        assert "redis/flush" not in text  # blind, and still to come
        row = next(line for line in text.splitlines() if "kafka/coupon" in line)
        assert row.replace("│", "").split()[-6:] == ["held", "4.0", "0.5", "10.5", "18.5", "81"]
        _record(path.parent.parent, meta, state="done")
        await _shows(pilot, "What did we learn?")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, ReplayScreen), "the run of the first drill")
        await pilot.press("q")
        await pilot.press("down", "enter")
        await _shows(pilot, "no run yet")
        await pilot.press("o")
        await _shows(pilot, "no summary yet")
        (path.parent / "summary.md").write_text("# How it went\n", encoding="utf-8")
        await pilot.press("o")
        await _shows(pilot, "How it went")


@pytest.mark.asyncio
async def test_a_record_of_another_version_is_told(workspace: Workspace, meta: RunMeta, console: Console) -> None:
    path = _record(workspace.runtime / "gamedays", meta)
    stored = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(stored | {"novelty": 1}), encoding="utf-8")
    async with console(lambda: GameDaysScreen(workspace, "ann"), (80, 24)) as pilot:
        await _shows(pilot, "cannot be read")
        await pilot.press("tab", "enter")
        await _told(pilot, "is broken, or")


@pytest.mark.asyncio
async def test_a_game_day_is_started_and_a_refusal_told(
    workspace: Workspace, console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(launch, "_PROGRAM", "import sys; sys.exit('error ' + ' '.join(sys.argv[1:]))")
    async with console(lambda: GameDaysScreen(workspace, "ann"), (80, 24)) as pilot:
        await _shows(pilot, "first-friday")
        await pilot.press("enter")
        await _shows(pilot, "error gameday")
