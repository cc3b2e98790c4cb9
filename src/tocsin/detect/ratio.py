"""The second page rule: the 5 s ratio over the budget for 15 s."""

from tocsin.detect.track import Track, over_flags, runs
from tocsin.model.window import Array

OVER = 5
"""Seconds that the ratio is taken over."""
LASTING = 15
"""Seconds that it must stay over the budget."""


def ratio_runs(track: Track) -> Array:
    """For how many seconds in a row the 5 s ratio has been over the budget; 15 is a page.

    Plain PromQL, ``sum(rate(bad[5s])) / sum(rate(total[5s])) > budget`` with ``for: 15s``: slow, but it finds what
    is only a little over the budget. A single bad second keeps the ratio up for five seconds at most.
    """
    return runs(over_flags(track, OVER))
