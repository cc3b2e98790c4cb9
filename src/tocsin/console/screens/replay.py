"""Replay: any tape at any speed, with no stack running."""

from pathlib import Path
from typing import ClassVar

from textual.binding import Binding, BindingType

from tocsin import clock
from tocsin.console.app import console_of
from tocsin.console.curves import Curves
from tocsin.console.playback import Playback
from tocsin.console.reel import Moment, Reel
from tocsin.console.screens.run import RunScreen
from tocsin.errors import TocsinError
from tocsin.model.person import Role
from tocsin.tape.follow import TapeFollower

_SMALL, _LARGE = 5.0, 30.0
"""Seconds of a small and of a large scrub."""


class ReplayScreen(RunScreen):
    """A tape with a playhead."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "hold", "pause", tooltip="pause, or go on", priority=True),
        Binding("plus,equals_sign", "speed(1)", "faster", key_display="+", tooltip="play faster, up to 60 times"),
        Binding("minus", "speed(-1)", "slower", key_display="-", tooltip="play slower, down to real time"),
        Binding("n", "step(1)", "next", tooltip="go to the next event and pause"),
        Binding("p", "step(-1)", "previous", tooltip="go to the event before and pause"),
        Binding("left", f"scrub(-{_SMALL})", "-5 s", priority=True, tooltip="back five seconds"),
        Binding("right", f"scrub({_SMALL})", "+5 s", priority=True, tooltip="on five seconds"),
        Binding("left_square_bracket", f"scrub(-{_LARGE})", "-30 s", key_display="[", tooltip="back half a minute"),
        Binding("right_square_bracket", f"scrub({_LARGE})", "+30 s", key_display="]", tooltip="on half a minute"),
        Binding("home", "ends(0)", "start", priority=True, tooltip="go to the start"),
        Binding("end", "ends(1)", "end", priority=True, tooltip="go to the end"),
        Binding("t", "truth", "truth", tooltip="show the truth lane, or leave it out"),
        Binding("q,escape", "app.leave_screen", "back", key_display="q", tooltip="leave this screen"),
    ]

    def __init__(self, path: Path, *, speed: float = 1.0, truth: bool = True, role: Role = "observer") -> None:
        """Make the screen of one tape.

        Raises:
            BadInput: when the tape is missing, broken, or of a newer Tocsin.
        """
        super().__init__()
        self._tape = TapeFollower(path)
        self._truth = truth
        self._role: Role = role
        self.playback = Playback(0.0, speed=speed)

    def on_mount(self) -> None:
        """Read the tape beside the screen."""
        self.run_worker(self._read, thread=True, exclusive=True)

    def on_unmount(self) -> None:
        """Let go of the tape, unless it is still being read beside the screen."""
        if self.ready:
            self.close_tape()

    def close_tape(self) -> None:
        """Let go of the tape's file."""
        self._tape.close()

    def _read(self) -> None:
        app = self.app  # a screen that has been taken down has none any more
        reel = Reel(self._tape.meta, self._role, truth=self._truth)
        try:
            reel.grow(self._tape.events(), self._tape.logs())
            app.call_from_thread(self._begin, reel)
            self._tape.take_samples()
            curves = Curves(self._tape.meta)
            curves.extend(self._tape)
        except TocsinError as error:
            app.call_from_thread(self._failed, error)
            return
        app.call_from_thread(self._have_figures, curves)

    def _failed(self, error: TocsinError) -> None:
        self.close_tape()
        if self.is_there:
            console_of(self).fail(error)

    def _begin(self, reel: Reel) -> None:
        if not self.is_there:
            return
        self.playback.end = reel.end
        self.reel = reel
        self.update_now()

    def _have_figures(self, curves: Curves) -> None:
        if not self.is_there:
            self.close_tape()
            return
        self.show_figures_of(curves)
        if self.reel is not None:
            self.playback.end = self.reel.end

    def moment(self) -> Moment | None:
        """The moment under the playhead."""
        if self.reel is None:
            return None
        return self.reel.at(self.playback.tick(clock.monotonic()))

    def mode(self) -> str:
        """Speed, or that it stands still."""
        return "paused" if self.playback.paused else f"{self.playback.speed:g}x"

    def length(self) -> float:
        """The whole tape."""
        return self.playback.end

    def _moved(self) -> None:
        self.redraw_figures()
        self._last_heavy = -100
        self.update_now()

    def action_hold(self) -> None:
        """Pause, or go on."""
        self.playback.toggle()
        self._moved()

    def action_speed(self, steps: int) -> None:
        """Play faster or slower."""
        self.playback.faster(steps)
        self._moved()

    def action_step(self, direction: int) -> None:
        """Go to the next event or to the one before."""
        if self.reel is not None:
            before, after = self.reel.event_times(self.playback.t)
            self.playback.step(after if direction > 0 else before)
            self._moved()

    def action_scrub(self, seconds: float) -> None:
        """Go back or on."""
        self.playback.seek(self.playback.t + seconds)
        self._moved()

    def action_ends(self, place: int) -> None:
        """Go to the start or to the end."""
        self.playback.seek(self.playback.end if place else 0.0)
        self._moved()

    def action_truth(self) -> None:
        """Show the truth lane, or leave it out."""
        if self.reel is None:
            return
        self.reel.want_truth(wanted=not self.reel.truth)
        moment = self.moment()
        if moment is not None and moment.sealed:
            self.notify("the cause is sealed until the retrospective: play on to the verdict", severity="warning")
        self._moved()
