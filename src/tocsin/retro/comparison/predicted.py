"""What a variant was expected to do to a figure, beside what it did."""

from collections.abc import Sequence
from dataclasses import dataclass

from tocsin.model.drill import Prediction
from tocsin.retro.comparison.expected import Expected, expected
from tocsin.retro.comparison.figures import load_rows, server_figures
from tocsin.retro.comparison.side import Side


@dataclass(frozen=True)
class Outcome:
    """One prediction: the first run's figure, the predicted and the measured one; None what could not be measured."""

    label: str
    what: str
    because: str
    before: float | None
    predicted: float | None
    measured: float | None

    @property
    def error(self) -> float | None:
        """(measured - predicted) / predicted."""
        if self.predicted is None or self.measured is None or not self.predicted:
            return None
        return (self.measured - self.predicted) / self.predicted


def outcomes(of: Sequence[Side]) -> list[Outcome]:
    """Every prediction of every variant but the first, in their order."""
    found = []
    for side in of[1:]:
        variant = side.meta.drill.variants[side.meta.variant] if side.meta.variant else None
        found += [_outcome(prediction, of[0], side) for prediction in (variant.predict if variant else [])]
    return found


def _outcome(prediction: Prediction, base: Side, side: Side) -> Outcome:
    before, measured = (_figure(one, prediction) for one in (base, side))
    should = Expected(None, prediction.because) if before is None else expected(prediction, before, base, side)
    return Outcome(
        label=side.label,
        what=_name(prediction),
        because=should.because,
        before=before,
        predicted=should.value,
        measured=measured,
    )


def _figure(side: Side, prediction: Prediction) -> float | None:
    for row in load_rows(side):
        if (row.phase, row.request) == (prediction.phase, prediction.request) and prediction.figure in row.figures:
            return row.figures[prediction.figure]
    named = [value for name, value in server_figures(side).items() if name.partition(" (")[0] == prediction.figure]
    return named[0] if named else None


def _name(prediction: Prediction) -> str:
    where = [text for text in (prediction.request, prediction.phase and f"phase {prediction.phase}") if text]
    return prediction.figure + (f" of {', '.join(where)}" if where else "")
