"""Live observation: Prometheus polled onto the tape and into the window that detection and classification see."""

from tocsin.director.recorder import Recorder
from tocsin.errors import TocsinError
from tocsin.model.signal import Signal
from tocsin.model.stack import Stack
from tocsin.model.window import SampleWindow
from tocsin.observe.sampler import Sampler
from tocsin.tape.window import LiveWindow

BEHIND = 1.1
"""Seconds that judgement stays behind: scrapes come once a second, so a second is whole when the next is over."""

_PATIENCE = 15
"""Polls in a row that may fail before the run is given up."""


class Watch:
    """Polls once a second; ``end`` is the last whole second known."""

    def __init__(self, url: str, signals: dict[str, Signal], stack: Stack, recorder: Recorder) -> None:
        self._stack = stack
        self._logs_seen: dict[str, int] = {}
        self._sampler = Sampler(url, signals, recorder.clock.started_wall)
        self._recorder = recorder
        self._live = LiveWindow()
        self._failed = 0

    def poll(self) -> None:
        """Fetch what is new: samples for the tape and the window, log lines for the tape.

        Raises:
            TocsinError: when Prometheus has not answered many polls in a row.
        """
        now = self._recorder.clock.now()
        self._recorder.tape.log_lines(now, self._stack.log_lines(self._logs_seen))
        try:
            rows = self._sampler.poll(self._recorder.clock.wall())
        except TocsinError:
            self._failed += 1
            if self._failed >= _PATIENCE:
                raise
            return
        self._failed = 0
        self._recorder.tape.samples(rows)
        self._live.add(rows)

    @property
    def end(self) -> int:
        """The second up to which everything is known."""
        return max(0, int(self._recorder.clock.now() - BEHIND))

    def window(self, start: int = 0) -> SampleWindow:
        """Samples from ``start`` to the last whole second."""
        return self._live.window(start, self.end)
