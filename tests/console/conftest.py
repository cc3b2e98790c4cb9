"""Tapes to look at, a drill that goes on while they grow, and a console that looks at them."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.conftest import Story
from textual.app import App
from textual.pilot import Pilot
from textual.screen import Screen

from tocsin import clock
from tocsin.console.app import ConsoleApp
from tocsin.console.screens.live import LiveScreen, Person
from tocsin.console.screens.run import RunScreen
from tocsin.errors import BadInput, TocsinError
from tocsin.ledger.store import Ledger
from tocsin.model import event as e
from tocsin.model.command import command_data
from tocsin.model.person import Role
from tocsin.model.run import RunMeta
from tocsin.tape.store import Sample, Tape
from tocsin.workspace import Workspace

LENGTH = 158
_BOUNDS = (0.005, 0.05, 0.1, 0.5, 1.0, float("inf"))

Console = Callable[..., AbstractAsyncContextManager[Pilot[int]]]


def samples(second: int) -> list[Sample]:
    """What Prometheus would have shown at a second: requests that are slow from 93 to 107, and a group that stands."""
    well = max(0.0, second - 12.0)
    slow = 100.0 * min(max(0, second - 93), 14)
    counters = {
        ("product_scheduled", "product"): 100 * well, ("product_late", "product"): 0.5 * slow,
        ("load_scheduled", "product"): 100 * well, ("load_completed", "product"): 100 * well,
        ("load_failed", "product"): 0.1 * slow, ("requests_late", "product"): 0.1 * slow,
        ("cpu", "mysql-1"): 0.2 * well, ("cpu", "app-1"): 0.3 * well,
        ("redis_command_time:sum", "app->redis"): 0.3 * well + 0.2 * slow,
        ("redis_command_time:count", "app->redis"): 300 * well,
    }  # fmt: skip
    for bound in _BOUNDS:
        fast = 100 * well - slow if bound < 0.5 else 100 * well
        counters["load_bucket", f"product|{bound if np.isfinite(bound) else '+Inf'}"] = fast
    gauges = {
        ("issue_lag", "coupon-issuer"): 20.0 * min(max(0, second - 93), 14), ("scrape", "app-1"): 1.0,
        ("scrape", "coupon-issuer-1"): 0.0 if 95 <= second <= 107 else 1.0, ("redis_answers", "redis"): 1.0,
    }  # fmt: skip
    return [Sample(part, entity, {}, float(second), value) for (part, entity), value in (counters | gauges).items()]


def write_tape(path: Path, meta: RunMeta, story: Story, until: float = LENGTH) -> Tape:
    """A tape as it was at a moment, still open for writing."""
    writing = Tape.create(path, meta)
    continue_tape(writing, meta, story, (0.0, until))
    return writing


def continue_tape(writing: Tape, meta: RunMeta, story: Story, span: tuple[float, float]) -> None:
    """Go on with a tape from one moment to another."""
    start, end = span
    for t, data in story:
        if start <= t < end:
            writing.append(t, meta.started + t, data)
    for second in range(max(12, int(start)), min(LENGTH, int(end))):
        writing.samples(samples(second))
        writing.log_lines(second, [("app-1", f"second {second}"), ("mysql-1", "still there")])


@pytest.fixture
def tape(tmp_path: Path, meta: RunMeta, story: Story) -> Path:
    """A whole tape."""
    path = tmp_path / "runs" / meta.run / "tape.db"
    write_tape(path, meta, story).close()
    return path


@pytest.fixture
def console() -> Console:
    """A console of a given size, once its first screen is there."""

    @asynccontextmanager
    async def open_console(
        load: Callable[[], Screen[None]], size: tuple[int, int] = (160, 45), *, light: bool = False
    ) -> AsyncIterator[Pilot[int]]:
        app = ConsoleApp(load, light=light)
        async with app.run_test(size=size, notifications=True) as pilot:
            await settled(pilot)
            yield pilot

    return open_console


async def until(pilot: Pilot[int], condition: Callable[[], bool], what: str) -> None:
    """Let the console run until something is so."""
    deadline = clock.monotonic() + 20
    while not condition():
        assert clock.monotonic() < deadline, f"never came: {what}\n{text_of(pilot.app)}"
        await pilot.pause(0.02)


async def settled(pilot: Pilot[int]) -> None:
    """The first screen is there, and has read its tape if it has one."""
    app = pilot.app

    def ready() -> bool:
        if app.return_code is not None or not app.is_running:
            return True
        screen = app.screen
        return (
            len(app.screen_stack) > 1
            and not screen.query("#opening")
            and (not isinstance(screen, RunScreen) or screen.ready)
        )

    await until(pilot, ready, "the first screen")
    await pilot.pause()


def text_of(app: App[int]) -> str:
    """The screen as text, without colours."""
    lines = app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in line).rstrip() for line in lines)


Sent = tuple[str, dict[str, Any]]


class FakeLink:
    """Takes every command that is well-formed; answers as told."""

    def __init__(self, who: str, role: Role, answers: dict[str, dict[str, Any] | TocsinError]) -> None:
        self.who, self.role = who, role
        self.sent: list[Sent] = []
        self.closed = False
        self._answers = answers

    async def send(self, command: str, arguments: dict[str, Any] | None = None) -> dict[str, Any]:
        command_data.validate_python(
            {"who": self.who, "role": self.role, "command": command, "arguments": arguments or {}}
        )
        self.sent.append((command, arguments or {}))
        answer = self._answers.get(command, {})
        if isinstance(answer, TocsinError):
            raise answer
        return answer

    async def close(self) -> None:
        self.closed = True


class Drill:
    """A drill that goes on: its tape is still written, and it answers."""

    def __init__(self, folder: Path, meta: RunMeta, story: Story) -> None:
        self.folder, self.meta, self.story = folder, meta, story
        self.answers: dict[str, dict[str, Any] | TocsinError] = {}
        self.links: list[FakeLink] = []
        self.now = 97.0
        self.reachable = True
        self.tape = write_tape(folder / "tape.db", meta, story, until=self.now)
        self.ledger = Ledger(folder / "ledger.jsonl")

    async def connect(self, folder: Path, who: str, role: Role) -> FakeLink:
        assert folder == self.folder
        if not self.reachable:
            raise BadInput("not yet")
        self.links.append(FakeLink(who, role, self.answers))
        return self.links[-1]

    def go_on(self, t: float) -> None:
        continue_tape(self.tape, self.meta, self.story, (self.now, t))
        self.now = t

    def tell(self, t: float, data: e.EventData) -> None:
        self.tape.append(t, self.meta.started + t, data)

    @property
    def sent(self) -> list[Sent]:
        return [one for link in self.links for one in link.sent if one[0] != "attach"]

    def close(self) -> None:
        self.tape.close()
        self.ledger.close()


def attach_to(drill: Drill, workspace: Workspace, role: Role) -> Callable[[], LiveScreen]:
    return lambda: LiveScreen(lambda: drill.folder, Person("Ann", role), workspace, connecting=drill.connect)


async def attached(pilot: Pilot[int], drill: Drill) -> LiveScreen:
    screen = pilot.app.screen
    assert isinstance(screen, LiveScreen)
    await until(pilot, lambda: screen.link is not None, "the line")
    assert drill.links[-1].sent == [("attach", {})]
    return screen


async def type_text(pilot: Pilot[int], text: str) -> None:
    for letter in text:
        await pilot.press({" ": "space", ".": "full_stop"}.get(letter, letter))


async def shows(pilot: Pilot[int], text: str) -> None:
    await until(pilot, lambda: text in text_of(pilot.app), text)


@pytest.fixture
def drill(tmp_path: Path, meta: RunMeta, story: Story) -> Any:
    human = meta.model_copy(update={"responder": "human", "started": clock.wall() - 97.0})
    own = [(t, data) for t, data in story if data.kind not in ("acknowledged", "declared", "hypotheses", "classified")]
    found = Drill(tmp_path / "runs" / "20231114-221320-test", human, own)
    yield found
    found.close()


@pytest.fixture
def attach(drill: Drill, workspace: Workspace) -> Callable[[Role], Callable[[], LiveScreen]]:
    return lambda role: attach_to(drill, workspace, role)
