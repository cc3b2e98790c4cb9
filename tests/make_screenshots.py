"""The pictures of the console in the documents, from the tape of an example; the same tape gives the same bytes.

``python -m tests.make_screenshots`` writes every picture again; a test compares those that are kept.
"""

import asyncio
import re
import sqlite3
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from tests.conftest import ROOT
from tests.make_example import EXAMPLES, unpack
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widgets import Input

from tocsin.console.app import ConsoleApp
from tocsin.console.reel import Moment
from tocsin.console.screens.live import LiveScreen, Person
from tocsin.console.screens.replay import ReplayScreen
from tocsin.console.screens.run import RunScreen
from tocsin.ledger.store import Ledger
from tocsin.model.person import Role
from tocsin.workspace import Workspace

PICTURES = ROOT / "docs" / "images"
EXAMPLE = EXAMPLES / "coupon-consumer-pause"
_FONTS = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)
"""Fonts that would be fetched from elsewhere; whoever looks has one that does."""

Act = Callable[[Pilot[int]], Awaitable[None]]


class _Still(LiveScreen):
    """A run that goes on, held at one moment of its tape."""

    AT = 110.0

    def moment(self) -> Moment | None:
        """Always the same."""
        return None if self.reel is None else self.reel.at(self.AT, live=True)

    def length(self) -> float:
        """As long as it has lasted."""
        return self.AT

    def _look_for_end(self) -> None:
        """It never comes."""


class _Answers:
    """A drill that agrees to everything."""

    async def send(self, command: str, arguments: dict[str, Any] | None = None) -> dict[str, Any]:
        del command, arguments
        return {}

    async def close(self) -> None:
        """Nothing to close."""


async def _connect(_folder: Path, _who: str, _role: Role) -> _Answers:
    return _Answers()


async def _until(pilot: Pilot[int], condition: Callable[[], bool]) -> None:
    for _ in range(1000):
        if condition():
            return
        await pilot.pause(0.02)
    raise SystemExit("the console never got that far")


async def _at(pilot: Pilot[int], t: float) -> None:
    screen = pilot.app.screen
    assert isinstance(screen, ReplayScreen)
    screen.playback.speed, screen.playback.paused = 10.0, True
    screen.playback.seek(t)
    screen.action_scrub(0.0)
    await pilot.pause(0.5)


async def _wide(pilot: Pilot[int]) -> None:
    await _at(pilot, 110.0)


async def _small(pilot: Pilot[int]) -> None:
    await _at(pilot, 110.0)
    await pilot.press("1")
    await pilot.pause(0.5)


async def _help(pilot: Pilot[int]) -> None:
    await _at(pilot, 110.0)
    await pilot.press("question_mark")
    await pilot.pause(0.5)


async def _respond(pilot: Pilot[int]) -> None:
    screen = pilot.app.screen
    assert isinstance(screen, LiveScreen)
    await _until(pilot, lambda: screen.link is not None)
    await pilot.pause(0.5)


async def _hypothesis(pilot: Pilot[int]) -> None:
    await _respond(pilot)
    await pilot.press("h")
    await _until(pilot, lambda: bool(pilot.app.screen.query(Input)))
    pilot.app.screen.query_one(Input).cursor_blink = False  # it would blink
    await pilot.pause(0.5)


SCENES: dict[str, tuple[str, tuple[int, int], bool, Act]] = {
    "replay": ("replay", (160, 45), False, _wide),
    "replay-small-light": ("replay", (80, 24), True, _small),
    "help": ("replay", (80, 24), False, _help),
    "respond": ("live", (160, 45), False, _respond),
    "hypothesis": ("live", (80, 24), False, _hypothesis),
}
"""Picture: which screen, its size, whether it is light, and what is done before it is taken."""


def picture(name: str, folder: Path) -> str:
    """One picture as SVG; ``folder`` takes the tape."""
    kind, size, light, act = SCENES[name]
    tape = unpack(EXAMPLE, folder)
    if kind == "live":
        _let_people_respond(tape)
    ledger = Ledger(folder / "ledger.jsonl")

    def load() -> Screen[None]:
        if kind == "replay":
            return ReplayScreen(tape)
        return _Still(lambda: folder, Person("Ann", "responder"), Workspace(folder, (folder,)), connecting=_connect)

    try:
        return asyncio.run(_taken(load, size, act, light=light))
    finally:
        ledger.close()


def _let_people_respond(tape: Path) -> None:
    """Make the tape that of a run in which a person responds: what the tool thinks is hidden from them."""
    connection = sqlite3.connect(tape, isolation_level=None)
    connection.execute("UPDATE meta SET value = json_set(value, '$.responder', 'human') WHERE key = 'run'")
    opinions = "('hypotheses', 'classified', 'mitigated', 'resolved')"
    connection.execute(f"UPDATE events SET data = json_set(data, '$.hidden', json('true')) WHERE kind IN {opinions}")  # noqa: S608 - constant
    connection.execute("UPDATE events SET data = json_set(data, '$.by', 'Ann') WHERE kind = 'acknowledged'")
    connection.execute("DELETE FROM events WHERE kind LIKE 'action%'")
    connection.close()


async def _taken(load: Callable[[], Screen[None]], size: tuple[int, int], act: Act, *, light: bool) -> str:
    app = ConsoleApp(load, light=light)
    async with app.run_test(size=size) as pilot:
        await _until(pilot, lambda: isinstance(app.screen, RunScreen) and app.screen.ready)
        await act(pilot)
        return _FONTS.sub("", app.export_screenshot(title="tocsin console")) + "\n"


def main() -> None:
    """Write every picture."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    for name in SCENES:
        with tempfile.TemporaryDirectory() as scratch:
            (PICTURES / f"console-{name}.svg").write_text(picture(name, Path(scratch)), encoding="utf-8")


if __name__ == "__main__":
    main()
