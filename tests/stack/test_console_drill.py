"""A whole drill on real servers, responded to by keys alone, from the home screen to the document."""

from collections.abc import Callable, Iterator

import pytest
from tests.console.conftest import Console, console, text_of
from tests.live import make_live_workspace, processes_in, tocsin
from textual.pilot import Pilot

from tocsin import clock
from tocsin.console.screens.dialogs import ConfirmDialog
from tocsin.console.screens.home import HomeScreen
from tocsin.console.screens.live import LiveScreen
from tocsin.tape.fold import fold
from tocsin.tape.state import RunState
from tocsin.tape.store import TapeReader
from tocsin.workspace import Workspace

__all__ = ["console"]
pytestmark = [pytest.mark.stack, pytest.mark.alone]

PATIENCE = 150.0
"""Seconds that a drill may take to come to something."""


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    found = make_live_workspace(tmp_path_factory.mktemp("console") / "workspace")
    yield found
    tocsin(found, "down")


def _state(workspace: Workspace) -> RunState:
    with TapeReader.open(workspace.run_folders()[-1] / "tape.db") as reader:
        return fold(reader.meta, reader.events())


async def _comes(pilot: Pilot[int], condition: Callable[[], bool], what: str) -> None:
    deadline = clock.monotonic() + PATIENCE
    while not condition():
        assert clock.monotonic() < deadline, f"never came: {what}\n{text_of(pilot.app)}"
        await pilot.pause(0.5)


async def _shows(pilot: Pilot[int], text: str) -> None:
    await _comes(pilot, lambda: text in text_of(pilot.app), text)


async def _type(pilot: Pilot[int], text: str) -> None:
    for letter in text:
        await pilot.press({".": "full_stop"}.get(letter, letter))


async def _start(pilot: Pilot[int], workspace: Workspace) -> None:
    """From home: the drill is started, blind."""
    await _shows(pilot, "stack shop: not running")
    await pilot.press(*["down"] * sorted(workspace.drills()).index("short"))
    await _shows(pilot, "A short consumer pause")
    await pilot.press("enter")
    await _shows(pilot, "you respond, blind")
    await pilot.press("down", "enter")
    await _comes(pilot, lambda: isinstance(pilot.app.screen, LiveScreen), "the live screen")
    await _shows(pilot, "A blind drill")
    await _shows(pilot, " live ")


async def _leave_and_come_back(pilot: Pilot[int]) -> None:
    """The drill goes on meanwhile, and everything since the start is there again."""
    await pilot.press("q")
    await _shows(pilot, "▶ running")
    await pilot.press("tab", "enter")
    await _shows(pilot, "phase stack")
    await _shows(pilot, " live ")


async def _diagnose(pilot: Pilot[int], workspace: Workspace) -> None:
    await _shows(pilot, "PAGE")
    assert "consumer_pause" not in text_of(pilot.app)
    await pilot.press("a")
    await _shows(pilot, "acknowledged by Ann")
    await pilot.press("s")
    await _shows(pilot, "How grave is it?")
    await pilot.press("enter")
    await _comes(pilot, lambda: bool(_state(workspace).declarations), "the declaration")
    await pilot.press("h")
    await _shows(pilot, "What do you take for the cause?")
    await _type(pilot, "kafka.consumer_p")
    await pilot.press("enter")
    await _shows(pilot, "where?")
    await pilot.press("enter")
    await _shows(pilot, "how sure are you?")
    await pilot.press("enter")
    await _comes(pilot, lambda: bool(_state(workspace).people.stated), "the hypothesis")


async def _act(pilot: Pilot[int], workspace: Workspace) -> None:
    await pilot.press("r")
    await _shows(pilot, "restart coupon-issuer")
    await pilot.press("enter")
    await _comes(pilot, lambda: isinstance(pilot.app.screen, ConfirmDialog), "the preview")
    await pilot.pause(0.2)
    if pilot.app.screen.query("#yes"):
        await _type(pilot, "yes")
    await pilot.press("enter")
    await _comes(pilot, lambda: any(action.done is not None for action in _state(workspace).actions), "the remedy")
    await pilot.press("u")
    await _shows(pilot, "Update for those who wait")
    await _type(pilot, "restarted")
    await pilot.press("enter")
    await _comes(pilot, lambda: bool(_state(workspace).people.updates), "the update")
    await pilot.press("m")
    await _comes(pilot, lambda: bool(_state(workspace).people.mitigated), "mitigated")
    await pilot.press("v")
    await _comes(pilot, lambda: bool(_state(workspace).people.resolved), "resolved")


async def _read_the_document(pilot: Pilot[int], workspace: Workspace) -> None:
    await _shows(pilot, "verdict ")
    await _shows(pilot, "A short consumer pause")  # the seal is broken
    run = workspace.run_folders()[-1].name
    await _comes(pilot, lambda: any((workspace.incidents / run).glob("*.md")), "the document")
    await pilot.press("o")
    await _comes(pilot, lambda: "ncident" in text_of(pilot.app), "the document on the screen")


@pytest.mark.asyncio
async def test_a_person_responds_by_keys_alone(workspace: Workspace, console: Console) -> None:
    async with console(lambda: HomeScreen(workspace, "Ann"), (80, 24)) as pilot:
        await _start(pilot, workspace)
        await _leave_and_come_back(pilot)
        await _diagnose(pilot, workspace)
        await _act(pilot, workspace)
        await _read_the_document(pilot, workspace)
    state = _state(workspace)
    assert state.verdict in ("held", "missed")
    assert state.acknowledged_by == "Ann"
    assert [(action.remedy, action.who) for action in state.actions][:1] == [("restart", "Ann")]
    assert state.residue == []
    assert clock.wait_until(lambda: processes_in(workspace.root) == [], timeout=30)
