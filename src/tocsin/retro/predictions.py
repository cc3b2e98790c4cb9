"""Every prediction of a remedy beside what was measured, with its error."""

from dataclasses import dataclass

from tocsin.tape.state import ActionState

CLOSE, FAR = 0.25, 0.5
"""Relative errors up to which a prediction was right, and beyond which it was wrong."""
ALIKE = 0.02
"""Shares that differ by less are as good as equal: a relative error of two near-zero shares says nothing."""
ALIKE_SECONDS = 3.0
"""Durations that differ by less are as good as equal: they are read off samples that come once a second."""


@dataclass(frozen=True)
class Compared:
    """One figure of one remedy; ``error`` is (measured - predicted) / predicted, None where it cannot be said."""

    action: str
    remedy: str
    name: str
    before: float | None
    predicted: float | None
    measured: float | None

    @property
    def error(self) -> float | None:
        """Relative error of the prediction."""
        if self.predicted is None or self.measured is None:
            return None
        difference = self.measured - self.predicted
        if difference == 0.0:
            return 0.0
        return difference / abs(self.predicted) if self.predicted else None

    @property
    def right(self) -> bool:
        """Close to what was measured, relatively or as far as samples can tell."""
        return self._alike or (self.error is not None and abs(self.error) <= CLOSE)

    @property
    def wrong(self) -> bool:
        """Far from what was measured."""
        return not self._alike and self.error is not None and abs(self.error) > FAR

    @property
    def _alike(self) -> bool:
        if self.predicted is None or self.measured is None:
            return False
        tolerance = ALIKE_SECONDS if self.name.endswith("_seconds") else ALIKE
        return abs(self.measured - self.predicted) <= tolerance


def compare(actions: list[ActionState]) -> list[Compared]:
    """Figures of all remedies that were carried out, in order."""
    return [
        Compared(
            action.id, action.remedy, name, action.before.get(name), action.predicted.get(name),
            action.measured.get(name),
        )
        for action in actions
        for name in dict.fromkeys([*action.predicted, *action.measured])
    ]  # fmt: skip
