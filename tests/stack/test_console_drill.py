"""A whole drill on real servers, responded to by keys alone, from the home screen to the document."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.console.conftest import Console, console, text_of, until
from tests.live import make_live_workspace, processes_in, tocsin
from textual.pilot import Pilot

from tocsin import clock
from tocsin.console.screens.home import HomeScreen
from tocsin.console.screens.live import LiveScreen
from tocsin.tape.fold import RunState, fold
from tocsin.tape.store import TapeReader
from tocsin.workspace import Workspace

__all__ = ["console"]
pytestmark = pytest.mark.stack

PATIENCE = 150.0
"""Seconds that a drill may take to come to something."""


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    found = make_live_workspace(tmp_path_factory.mktemp("console") / "workspace")
    yield found
    tocsin(found, "down")


def _state(folder: Path) -> RunState:
    with TapeReader.open(folder / "tape.db") as reader:
        return fold(reader.meta, reader.events())


async def _comes(pilot: Pilot[int], condition: Callable[[], bool], what: str) -> None:
    deadline = clock.monotonic() + PATIENCE
    while not condition():
        assert clock.monotonic() < deadline, f"never came: {what}\n{text_of(pilot.app)}"
        await pilot.pause(0.1)


async def _shows(pilot: Pilot[int], text: str) -> None:
    await _comes(pilot, lambda: text in text_of(pilot.app), text)


async def _type(pilot: Pilot[int], text: str) -> None:
    for letter in text:
        await pilot.press({".": "full_stop"}.get(letter, letter))


@pytest.mark.asyncio
async def test_a_person_responds_by_keys_alone(workspace: Workspace, console: Console) -> None:
    async with console(lambda: HomeScreen(workspace, "Ann"), (80, 24)) as pilot:
        await _shows(pilot, "stack shop: not running")
        drills = sorted(workspace.drills())
        await pilot.press(*["down"] * drills.index("short"))
        await _shows(pilot, "A short consumer pause")
        await pilot.press("enter")
        await _shows(pilot, "you respond, blind")
        await pilot.press("down", "enter")
        await _comes(pilot, lambda: isinstance(pilot.app.screen, LiveScreen), "the live screen")
        await _shows(pilot, "A blind drill")
        await _shows(pilot, " live ")

        # away and back again: the drill goes on, and everything since the start is there
        await pilot.press("q")
        await _shows(pilot, "▶ running")
        await pilot.press("tab", "enter")
        await _shows(pilot, "phase stack")
        await _shows(pilot, " live ")

        await _shows(pilot, "PAGE")
        assert "consumer_pause" not in text_of(pilot.app)
        await pilot.press("a")
        await _shows(pilot, "acknowledged by Ann")
        await pilot.press("s")
        await _shows(pilot, "How grave is it?")
        await pilot.press("enter")
        await _shows(pilot, "declared SEV1")
        await pilot.press("h")
        await _shows(pilot, "What do you take for the cause?")
        await _type(pilot, "kafka.consumer_p")
        await pilot.press("enter")
        await _shows(pilot, "where?")
        await pilot.press("enter")
        await _shows(pilot, "how sure are you?")
        await pilot.press("enter")
        await _comes(pilot, lambda: bool(_state(_folder(workspace)).people.stated), "the hypothesis")
        await pilot.press("r")
        await _shows(pilot, "restart coupon-issuer")
        await pilot.press("enter")
        await _shows(pilot, "predicted:")
        if "DANGEROUS" in text_of(pilot.app):
            await _type(pilot, "yes")
        await pilot.press("enter")
        await _shows(pilot, "remedy done")
        await pilot.press("u")
        await _shows(pilot, "Update for those who wait")
        await _type(pilot, "restarted")
        await pilot.press("enter")
        await _comes(pilot, lambda: bool(_state(_folder(workspace)).people.updates), "the update")
        await pilot.press("m")
        await _comes(pilot, lambda: bool(_state(_folder(workspace)).people.mitigated), "mitigated")
        await pilot.press("v")
        await _comes(pilot, lambda: bool(_state(_folder(workspace)).people.resolved), "resolved")
        await _shows(pilot, "verdict ")
        await _shows(pilot, "A short consumer pause")  # the seal is broken
        run = _folder(workspace).name
        await _comes(pilot, lambda: any((workspace.incidents / run).glob("*.md")), "the document")
        await pilot.press("o")
        await until(pilot, lambda: "ncident" in text_of(pilot.app), "the document on the screen")

    state = _state(_folder(workspace))
    assert state.verdict in ("held", "missed")
    assert state.acknowledged_by == "Ann"
    assert [(action.remedy, action.who) for action in state.actions][:1] == [("restart", "Ann")]
    assert state.residue == []
    assert clock.wait_until(lambda: processes_in(workspace.root) == [], timeout=30)


def _folder(workspace: Workspace) -> Path:
    return workspace.run_folders()[-1]
