"""The drill's own clock: seconds since steady was satisfied, less the stretches in which it was stopped."""

from collections.abc import Callable

from tocsin.errors import Refused

PAUSE_AT_MOST = 300.0
"""Seconds that a drill's clock may stand still, all pauses together: the load has an end of its own."""


class DrillClock:
    """Everything that is planned goes by it; ``now`` tells the seconds of the run, which never stop."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self.started = now()
        self._before = 0.0  # seconds of pauses that are over
        self._since: float | None = None

    @property
    def is_paused(self) -> bool:
        """True while it stands still."""
        return self._since is not None

    @property
    def paused_for(self) -> float:
        """Seconds that it has stood still, all pauses together."""
        return self._before + (self._now() - self._since if self._since is not None else 0.0)

    @property
    def left(self) -> float:
        """Seconds that it may still stand still."""
        return max(0.0, PAUSE_AT_MOST - self.paused_for)

    def seconds(self) -> float:
        """Seconds since steady was satisfied, as planned things count them."""
        return self._now() - self.started - self.paused_for

    def pause(self) -> None:
        """Stop.

        Raises:
            Refused: when it is stopped already, or has been for too long altogether.
        """
        if self._since is not None:
            raise Refused("the drill's clock stands still already")
        if not self.left:
            raise Refused(f"the drill's clock has stood still for {PAUSE_AT_MOST:g} s, which is all it may")
        self._since = self._now()

    def resume(self) -> None:
        """Go on.

        Raises:
            Refused: when it is not stopped.
        """
        if self._since is None:
            raise Refused("the drill's clock is going")
        self._before, self._since = self.paused_for, None
