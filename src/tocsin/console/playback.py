"""The playhead of a replay: speed, pause, steps and scrubbing; pure but for the clock it is told."""

from dataclasses import dataclass

SPEEDS = (1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0)
"""How many times faster than it happened."""


@dataclass
class Playback:
    """A playhead between nought and ``end``; all times in seconds of the run."""

    end: float
    t: float = 0.0
    speed: float = 1.0
    paused: bool = False
    _seen: float | None = None

    def tick(self, now: float) -> float:
        """Move on to ``now`` (seconds on a clock that never jumps); returns where the playhead is."""
        passed = 0.0 if self._seen is None else now - self._seen
        self._seen = now
        if not self.paused:
            self.seek(self.t + passed * self.speed)
            self.paused = self.t >= self.end
        return self.t

    def toggle(self) -> None:
        """Pause, or go on; at the end, from the beginning."""
        if self.paused and self.t >= self.end:
            self.t = 0.0
        self.paused = not self.paused

    def seek(self, t: float) -> None:
        """Go to a moment, within the tape."""
        self.t = min(max(0.0, t), self.end)

    def step(self, t: float | None) -> None:
        """Go to an event and wait there; without one, stay."""
        if t is not None:
            self.seek(t)
            self.paused = True

    def faster(self, steps: int) -> None:
        """Go some steps up (or down) the ladder of speeds."""
        nearest = min(range(len(SPEEDS)), key=lambda n: abs(SPEEDS[n] - self.speed))
        self.speed = SPEEDS[min(max(0, nearest + steps), len(SPEEDS) - 1)]
