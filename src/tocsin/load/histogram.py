"""A histogram of durations that can be merged: every bucket is at most 1/128 (0.8 %) wide, whatever the size."""

from collections import defaultdict
from collections.abc import Iterable
from itertools import chain
from math import ceil, frexp, ldexp

_LEAST = 1e-6
"""Seconds; anything shorter counts as this."""
_STEPS = 128
"""Buckets per doubling."""


class Histogram:
    """Counts durations in seconds by logarithmic buckets, as HdrHistogram does, with the largest one kept exactly."""

    __slots__ = ("_counts", "most")

    def __init__(self) -> None:
        self._counts: defaultdict[int, int] = defaultdict(int)
        self.most = 0.0

    def record(self, seconds: float) -> None:
        """One more duration."""
        self.most = max(self.most, seconds)
        mantissa, exponent = frexp(seconds if seconds > _LEAST else _LEAST)  # noqa: FURB136 - max() costs a call
        self._counts[exponent * _STEPS + int(mantissa * 2 * _STEPS)] += 1

    @property
    def total(self) -> int:
        """How many were recorded."""
        return sum(self._counts.values())

    def percentile(self, share: float) -> float:
        """Nearest-rank percentile in seconds: the upper edge of its bucket, never below the true value; 0 for none."""
        total = self.total
        if not total:
            return 0.0
        rank = max(1, ceil(share * total - 1e-9))
        for key in sorted(self._counts):
            rank -= self._counts[key]
            if rank <= 0:
                return min(_upper_edge(key), self.most)
        return self.most

    def add(self, other: "Histogram") -> None:
        """Take in what another one has counted."""
        self.most = max(self.most, other.most)
        for key, count in other._counts.items():  # noqa: SLF001 - of the same kind
            self._counts[key] += count

    def packed(self) -> list[float]:
        """For a message: the largest, then bucket and count in turn."""
        return [self.most, *chain.from_iterable(self._counts.items())]

    @classmethod
    def unpacked(cls, numbers: Iterable[float]) -> "Histogram":
        """The histogram of a message."""
        most, *pairs = numbers
        histogram = cls()
        histogram.most = most
        for place in range(0, len(pairs), 2):
            histogram._counts[int(pairs[place])] += int(pairs[place + 1])
        return histogram


def _upper_edge(key: int) -> float:
    exponent, step = divmod(key - _STEPS, _STEPS)
    return ldexp((_STEPS + step + 1) / (2 * _STEPS), exponent)
