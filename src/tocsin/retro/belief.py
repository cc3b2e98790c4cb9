"""Truth beside belief: how long the diagnosis was wrong, and how well its confidence was placed."""

from dataclasses import dataclass

from tocsin.model.hypothesis import Hypothesis
from tocsin.tape.state import InjectionState, RunState


@dataclass(frozen=True)
class Belief:
    """What the first hypothesis was during a stretch, and what the truth was."""

    start: float
    end: float
    cause: str
    target: str
    confidence: float
    right: bool
    brier: float

    @property
    def seconds(self) -> float:
        """How long it stood."""
        return self.end - self.start


@dataclass(frozen=True)
class Graded:
    """The diagnosis against the truth.

    ``brier`` is the mean over time of the Brier score over all causes named (Brier 1950: the sum of squared
    differences between confidence and outcome, 0 is perfect, 2 is certain and wrong).
    """

    cause: str
    target: str
    beliefs: list[Belief]
    first_right: float | None
    seconds_wrong: float
    seconds_right: float
    brier: float | None
    rank_when_chosen: int | None
    right: bool
    right_target: bool


def grade(state: RunState) -> Graded | None:
    """The diagnosis graded against the first injection; None without an injection."""
    if not state.injections:
        return None
    truth = state.injections[0]
    end = next((t for t in (state.stamps.mitigated, truth.removed, state.stamps.resolved) if t is not None), 0.0)
    beliefs = _beliefs(state, truth, end)
    wrong = sum(belief.seconds for belief in beliefs if not belief.right)
    spanned = sum(belief.seconds for belief in beliefs)
    chosen = state.classified
    return Graded(
        cause=truth.cause,
        target=truth.target,
        beliefs=beliefs,
        first_right=next((belief.start for belief in beliefs if belief.right), None),
        seconds_wrong=wrong,
        seconds_right=spanned - wrong,
        brier=sum(belief.brier * belief.seconds for belief in beliefs) / spanned if spanned else None,
        rank_when_chosen=_rank(state, truth),
        right=chosen is not None and chosen.cause == truth.cause,
        right_target=chosen is not None and chosen.target == truth.target,
    )


def _beliefs(state: RunState, truth: InjectionState, end: float) -> list[Belief]:
    starts = [t for t, _ in state.hypotheses]
    found: list[Belief] = []
    for number, (start, ranked) in enumerate(state.hypotheses):
        until = starts[number + 1] if number + 1 < len(starts) else max(end, start)
        if not ranked or (end and start >= end and found):
            continue
        first = ranked[0]
        found.append(
            Belief(
                start=start,
                end=min(until, max(end, start)),
                cause=first.cause,
                target=first.target,
                confidence=first.confidence,
                right=first.cause == truth.cause,
                brier=brier(ranked, truth.cause),
            )
        )
    return found


def brier(ranked: list[Hypothesis], cause: str) -> float:
    """Sum over the causes named, and the true one, of (confidence - outcome) squared."""
    stated: dict[str, float] = {cause: 0.0}
    for one in ranked:
        stated[one.cause] = stated.get(one.cause, 0.0) + one.confidence
    return sum((share - (name == cause)) ** 2 for name, share in stated.items())


def _rank(state: RunState, truth: InjectionState) -> int | None:
    moment = state.stamps.classified
    lists = [ranked for t, ranked in state.hypotheses if moment is None or t <= moment]
    if not lists:
        return None
    return next((one.rank for one in lists[-1] if one.cause == truth.cause), None)
