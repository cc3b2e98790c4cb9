"""A run while it goes on: the widgets of the replay on a tape that grows, and the keys of whoever takes part."""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.widgets import Static

from tocsin import clock
from tocsin.console.app import console_of
from tocsin.console.curves import Curves
from tocsin.console.link import Connect, Link, connect
from tocsin.console.reel import Moment, Reel
from tocsin.console.screens.commands import CommandScreen
from tocsin.errors import TocsinError
from tocsin.ledger.store import is_held
from tocsin.model.person import Role
from tocsin.tape.follow import TapeFollower
from tocsin.workspace import Workspace

_LOOK = 0.2
"""Seconds between two looks at events and logs."""

_SAMPLE = 1.0
"""Seconds between two looks at samples: scrapes come no oftener."""

_ALIVE = 3.0
"""Seconds between two looks at whether anybody still runs the drill."""

_KNOCK = 2.0
"""Seconds between two attempts to reach the drill."""


@dataclass(frozen=True)
class Person:
    """Who looks, and in which role."""

    who: str
    role: Role


class LiveScreen(CommandScreen):
    """A run that goes on; leaving this screen, or killing the console, does not touch it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("o", "document", "document", tooltip="read the document of the run, once it is over"),
        Binding(
            "q,escape", "app.leave_screen", "leave", key_display="q", tooltip="leave this screen; the drill goes on"
        ),
    ]

    def __init__(
        self, find: Callable[[], Path], person: Person, workspace: Workspace, *, connecting: Connect = connect
    ) -> None:
        """Make the screen of one run.

        Args:
            find: Finds the run's folder; may wait for it, and may raise a TocsinError.
            person: Who looks.
            workspace: Where documents are found.
            connecting: Makes the connection to the drill.
        """
        super().__init__(person.role)
        self._find = find
        self._person = person
        self._workspace = workspace
        self._connect = connecting
        self._folder: Path | None = None
        self._tape: TapeFollower | None = None
        self._over = False
        self._silent = 0
        self._ended_at: float | None = None
        self._left: Link | None = None  # the line to a drill that is over

    def on_mount(self) -> None:
        """Find the run and read its tape from the start, beside the screen."""
        self.query_one("#waiting", Static).update("waiting for the run ...")
        self.run_worker(self._open, thread=True)

    async def on_unmount(self) -> None:
        """Say goodbye, and let go of the tape."""
        if self._tape is not None:
            self._tape.close()
        for link in (self.link, self._left):
            if link is not None:
                await link.close()

    def _open(self) -> None:
        app = self.app  # a screen that has been taken down has none any more
        try:
            folder = self._find()
            tape = TapeFollower(folder / "tape.db")
            reel = Reel(tape.meta, self._person.role)
            reel.grow(tape.events(), tape.logs())
            app.call_from_thread(self._begin, folder, reel)
            tape.take_samples()
            curves = Curves(tape.meta)
            curves.extend(tape)
        except TocsinError as error:
            app.call_from_thread(self._failed, error)
            return
        app.call_from_thread(self._follow, tape, curves)

    def _failed(self, error: TocsinError) -> None:
        if not self.is_there:
            return
        if len(self.app.screen_stack) <= 2:
            console_of(self).fail(error)
        else:
            self.app.pop_screen()
            console_of(self).say(error)

    def _begin(self, folder: Path, reel: Reel) -> None:
        if not self.is_there:
            return
        self._folder, self.reel = folder, reel
        self.set_interval(_KNOCK, self._knock)
        self._knock()
        self.update_now()

    def _follow(self, tape: TapeFollower, curves: Curves) -> None:
        if not self.is_there:
            tape.close()
            return
        self._tape = tape
        self.show_figures_of(curves)
        self.set_interval(_LOOK, self._look)
        self.set_interval(_SAMPLE, self._sample)
        self.set_interval(_ALIVE, self._look_for_life)
        self._look_for_end()

    # the line

    def _knock(self) -> None:
        """Reach the drill, as long as it goes on and cannot be reached."""
        if self.link is None and not self._over:
            self.run_worker(self._join(), exclusive=True, group="attach")

    async def _join(self) -> None:
        if self._folder is None:
            return
        with contextlib.suppress(TocsinError):  # the header says that one only watches; it is tried again
            link = await self._connect(self._folder, self._person.who, self._person.role)
            try:
                await link.send("attach")
                self.link = link
            finally:
                if self.link is not link:
                    await link.close()
        self.refresh_bindings()

    # the tape

    def _look(self) -> None:
        if self._tape is None or self.reel is None:
            return
        try:
            events, logs = self._tape.events(), self._tape.logs()
        except TocsinError as error:
            console_of(self).fail(error)
            return
        if events or logs:
            self.reel.grow(events, logs)
            self._look_for_end()

    def _sample(self) -> None:
        if self._tape is not None and self.reel is not None and not self._over and self._tape.take_samples():
            self.reel.curves.extend(self._tape)

    def _look_for_end(self) -> None:
        moment = self.moment()
        if moment is not None and moment.state.verdict is not None and not self._over:
            self._end(moment.state.verdict)

    def _look_for_life(self) -> None:
        """A director that died writes no verdict; its guardian lets go of the ledger when all is undone."""
        if self._over or self._folder is None:
            return
        ledger = self._folder / "ledger.jsonl"
        self._silent = 0 if is_held(ledger) or not ledger.exists() else self._silent + 1
        if self._silent > 1:
            self._look()
            if not self._over:
                self._end("")

    def _end(self, verdict: str) -> None:
        self._over = True
        self._ended_at = self.reel.end if self.reel is not None else 0.0
        said = (
            f"The run is over: {verdict}. Press o for its document." if verdict else "Nobody runs this drill any more."
        )
        self.notify(said, timeout=15)
        self._left, self.link = self.link, None
        self.refresh_bindings()

    def latest(self) -> Moment | None:
        """The run as it is now, with what came since the last look: a key may be faster than that."""
        self._look()
        return self.moment()

    def moment(self) -> Moment | None:
        """Now, or the end of a run that is over."""
        if self.reel is None:
            return None
        now = self._ended_at if self._ended_at is not None else clock.wall() - self.reel.meta.started
        return self.reel.at(max(now, self.reel.end), live=not self._over)

    def mode(self) -> str:
        """How it is looked at."""
        if self._over:
            return "over"
        return "live" if self.link is not None else "watching"

    def length(self) -> float:
        """So far."""
        moment = self.reel.end if self.reel is not None else 0.0
        return max(moment, 1.0)

    # keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """The document can be read once the run is over."""
        if action == "document":
            return True if self._over else None
        return super().check_action(action, parameters)

    def action_document(self) -> None:
        """Read the document."""
        from tocsin.console.screens.document import open_document  # noqa: PLC0415 - not needed before the end

        if self._folder is not None:
            open_document(self.app, self._workspace, self._folder.name)
