"""The diagnosis: which guess was the right one, and how well confidence was placed."""

from collections.abc import Sequence
from dataclasses import dataclass

from tocsin.model.hypothesis import Hypothesis
from tocsin.retro.belief import brier

RANK, CALIBRATION = 0.6, 0.4
"""Shares of the part that the rank and the confidence make out."""
NOTHING = "unknown"
"""The cause of somebody who names none."""


@dataclass(frozen=True)
class Guess:
    """One list of hypotheses as it was stated; a person's holds one."""

    ranked: Sequence[Hypothesis]


@dataclass(frozen=True)
class Diagnosis:
    """How good it was: ``rank`` of the true cause (None: never named), mean Brier score, target right."""

    rank: int | None
    brier: float
    right_target: bool

    @property
    def share(self) -> float:
        """0 to 1: one over the rank (half of it for the wrong target), and one less the Brier score, not below 0."""
        first = (1.0 / self.rank if self.rank else 0.0) * (1.0 if self.right_target else 0.5)
        return RANK * first + CALIBRATION * calibration(self.brier)


def calibration(score: float) -> float:
    """0 to 1 from a Brier score: 1 for certain and right, 0 for what is no better than naming nothing."""
    return min(1.0, max(0.0, 1.0 - score))


def judge_list(ranked: Sequence[Hypothesis], cause: str, target: str) -> Diagnosis | None:
    """One ranked list, the one that was acted on; None when it names nothing."""
    named = [one for one in ranked if one.cause != NOTHING]
    if not named:
        return None
    found = next((one for one in ranked if one.cause == cause), None)
    right = found is not None and found.target == target
    return Diagnosis(found.rank if found else None, brier(list(ranked), cause), right)


def judge_guesses(stated: Sequence[Hypothesis], cause: str, target: str) -> Diagnosis | None:
    """What people stated one after the other: the rank is the number of the first right one; None without any."""
    named = [one for one in stated if one.cause != NOTHING]
    if not named:
        return None
    scores = [brier([one], cause) for one in named]
    place, found = next(((n, one) for n, one in enumerate(named, start=1) if one.cause == cause), (None, None))
    right = any(one.cause == cause and one.target == target for one in named[(place or 1) - 1 :]) if found else False
    return Diagnosis(place, sum(scores) / len(scores), right)


def judge_nothing_broken(stated: Sequence[Hypothesis]) -> float:
    """0 to 1 where nothing was broken: 1 for naming nothing, less the surer a cause was named."""
    named = [one.confidence for one in stated if one.cause != NOTHING]
    return 1.0 if not named else CALIBRATION * calibration(max(named) ** 2 * 2.0)
