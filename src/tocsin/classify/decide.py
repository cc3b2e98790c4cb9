"""When to act on a hypothesis, and on which."""

from collections.abc import Sequence

from tocsin.model.hypothesis import Hypothesis

SURE, SURE_FOR = 0.6, 3.0
"""Confidence, and seconds it must have been so, to act at once."""
WAIT, LIKELY = 15.0, 0.3
"""Seconds after detection from which the best guess will do, if it has this confidence."""
GIVE_UP = 30.0
"""Seconds after detection at which the cause is called unknown."""
UNKNOWN = "unknown"

History = Sequence[tuple[float, Sequence[Hypothesis]]]


def decide(history: History, detected: float, now: float) -> tuple[Hypothesis, str] | None:
    """The hypothesis to act on and the reason, or None while it is better to wait.

    Args:
        history: ranked hypotheses by the time they were formed, oldest first.
        detected: when the breach was detected.
        now: the present moment, on the same clock.

    A cause that has been first with a confidence of 0.6 for 3 s is acted on; from 15 s after detection the best one
    that is not ``unknown`` if it has 0.3; at 30 s the answer is ``unknown``.
    """
    if not history or not history[-1][1]:
        return _given_up(history, detected, now)
    latest = history[-1][1]
    first = latest[0]
    held = _held(history, now)
    if first.cause != UNKNOWN and held is not None and held >= SURE_FOR:
        return first, f"first for {held:.0f} s, confidence {first.confidence:.0%}"
    best = next((hypothesis for hypothesis in latest if hypothesis.cause != UNKNOWN), None)
    if now - detected >= WAIT and best is not None and best.confidence >= LIKELY:
        return best, f"best guess {now - detected:.0f} s after detection, confidence {best.confidence:.0%}"
    return _given_up(history, detected, now)


def _held(history: History, now: float) -> float | None:
    """For how long the present first hypothesis has been first with enough confidence."""
    since = None
    latest = history[-1][1][0]
    for t, hypotheses in reversed(history):
        if not hypotheses or not _same(hypotheses[0], latest) or hypotheses[0].confidence < SURE:
            break
        since = t
    return None if since is None else now - since


def _same(one: Hypothesis, other: Hypothesis) -> bool:
    return (one.cause, one.target) == (other.cause, other.target)


def _given_up(history: History, detected: float, now: float) -> tuple[Hypothesis, str] | None:
    if now - detected < GIVE_UP:
        return None
    latest = history[-1][1] if history else []
    unknown = next((hypothesis for hypothesis in latest if hypothesis.cause == UNKNOWN), None)
    unknown = unknown or Hypothesis(rank=1, cause=UNKNOWN, target="", confidence=0.0)
    return unknown, f"no cause was likely enough {now - detected:.0f} s after detection"
