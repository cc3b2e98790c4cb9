"""The first page rule: a capped CUSUM on bad events."""

from math import log

import numpy as np

from tocsin.model.window import Array

FIRE_ABOVE = 20.0
"""h: the page fires when the sum is above this."""
LARGEST_STEP = 5.0
"""Cap on one second's step: with h = 20 it takes five bad seconds, so a stall of one second can never page."""
IDLE = 5
"""Seconds in a row without a single event after which nothing is held against an objective any more."""
CLIP = 1.5 * FIRE_ABOVE
"""Ceiling of the sum, so that a page ends soon after its cause."""


def hypotheses(budget: float) -> tuple[float, float]:
    """The two bad shares that are weighed: p0, the budget itself, and p1, five times that or halfway to 1."""
    return budget, min(5.0 * budget, (1.0 + budget) / 2.0)


def cusum(bad: Array, total: Array, budget: float) -> Array:
    """The sum S after each second; S > 20 is a page.

    Page's cumulative sum (E. S. Page, "Continuous inspection schemes", Biometrika 41, 1954) of the log-likelihood
    ratio of "p1 of the events are bad" to "p0 are". A bad event adds ln(p1/p0), a good one ln((1-p1)/(1-p0)), which
    is negative, and S never falls below 0: what went well earlier does not count against an alarm now::

        step = min(5, bad * ln(p1/p0) + good * ln((1-p1)/(1-p0)))
        S    = clip(S + step, 0, 30)

    with p0 = 1 - objective and p1 = min(5 p0, (1 + p0)/2). The sum rises when the bad share exceeds
    ln((1-p0)/(1-p1)) / ln(p1(1-p0) / (p0(1-p1))): 2.5 % for an objective of 99 %, 13 % for 95 %; a milder breach
    is the ratio rule's business. The cap of 5 a second is not Page's: it makes the rule independent of how heavy the
    traffic is, and gives five bad seconds as the least that can page. Simulated at 50 events/s with an objective of
    99 %: 5 s to fire at 20 % bad or more, 0.01 false alarms an hour (tests/unit/detect simulates the objectives used).

    A second that is not known leaves S as it is. After five seconds known to be without any event S is 0: the path is
    not used any more (a bypass, say), and its page must end although no good event will ever come.
    """
    p0, p1 = hypotheses(budget)
    steps = np.minimum(LARGEST_STEP, bad * log(p1 / p0) + np.maximum(total - bad, 0.0) * log((1.0 - p1) / (1.0 - p0)))
    sums = []
    level = 0.0
    idle = 0
    for step, events in zip(np.nan_to_num(steps).tolist(), total.tolist(), strict=True):
        level += step
        idle = idle + 1 if events == 0.0 else 0
        if level < 0.0 or idle >= IDLE:
            level = 0.0
        elif level > CLIP:
            level = CLIP
        sums.append(level)
    return np.array(sums, dtype=np.float64)
