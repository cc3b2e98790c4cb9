"""Plain numbers that a request costs nothing to count, and that add up over phases, names and worker processes."""

from bisect import bisect_left
from collections.abc import Mapping
from typing import Any

from tocsin.load.histogram import Histogram
from tocsin.load.inflight import LADDER

BUCKETS = (0.005, 0.01, 0.02, 0.035, 0.05, 0.075, 0.1, 0.15, 0.2, 0.35, 0.5, 0.75, 1.0, 2.0, 5.0)
"""Upper edges in seconds of the buckets for Prometheus."""
LAG_BUCKETS = (0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1.0)
"""The same for how late the generator itself was."""
GOOD_WITHIN = 1.0
"""Seconds within which an answer without failure is a good one."""
COUNTS = ("scheduled", "started", "completed", "failed", "good", "dropped")
"""What is counted of requests; those that are dropped are among the failed."""


class Tally:
    """What became of the requests of one name in one phase.

    Attributes:
        late: requests older than each threshold of the ladder, or failed before.
        buckets: answers by their time for Prometheus; ``seconds`` is the sum.
        ages: the age of every request at its end, answered or given up.
    """

    __slots__ = (*COUNTS, "ages", "buckets", "late", "seconds")

    def __init__(self) -> None:
        self.scheduled = self.started = self.completed = self.failed = self.good = self.dropped = 0
        self.late = [0] * len(LADDER)
        self.buckets = [0] * (len(BUCKETS) + 1)
        self.seconds = 0.0
        self.ages = Histogram()

    def ended(self, age: float, *, failed: bool, answered: bool) -> None:
        """A request ended at that age in seconds: it was answered, or given up."""
        self.ages.record(age)
        if answered:
            self.completed += 1
            self.buckets[bisect_left(BUCKETS, age)] += 1
            self.seconds += age
        if failed:
            self.failed += 1
        elif age <= GOOD_WITHIN:
            self.good += 1

    def add(self, other: "Tally") -> None:
        """Take in what another one has counted."""
        for name in COUNTS:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.late = [a + b for a, b in zip(self.late, other.late, strict=True)]
        self.buckets = [a + b for a, b in zip(self.buckets, other.buckets, strict=True)]
        self.seconds += other.seconds
        self.ages.add(other.ages)

    def packed(self) -> dict[str, Any]:
        """For a message."""
        counts = {name: getattr(self, name) for name in COUNTS}
        return {
            **counts,
            "late": self.late,
            "buckets": self.buckets,
            "seconds": self.seconds,
            "ages": self.ages.packed(),
        }

    @classmethod
    def unpacked(cls, message: Mapping[str, Any]) -> "Tally":
        """The tally of a message."""
        tally = cls()
        for name in COUNTS:
            setattr(tally, name, int(message[name]))
        tally.late, tally.buckets = list(message["late"]), list(message["buckets"])
        tally.seconds = float(message["seconds"])
        tally.ages = Histogram.unpacked(message["ages"])
        return tally


class Lag:
    """How late the generator itself was, apart from what the answers do."""

    __slots__ = ("ages", "buckets", "seconds")

    def __init__(self) -> None:
        self.ages = Histogram()
        self.buckets = [0] * (len(LAG_BUCKETS) + 1)
        self.seconds = 0.0

    def record(self, seconds: float) -> None:
        """A request was started that late; one that started early was on time."""
        late = seconds if seconds > 0 else 0.0
        self.ages.record(late)
        self.buckets[bisect_left(LAG_BUCKETS, late)] += 1
        self.seconds += late

    def add(self, other: "Lag") -> None:
        """Take in what another one has counted."""
        self.ages.add(other.ages)
        self.buckets = [a + b for a, b in zip(self.buckets, other.buckets, strict=True)]
        self.seconds += other.seconds

    def packed(self) -> dict[str, Any]:
        """For a message."""
        return {"buckets": self.buckets, "seconds": self.seconds, "ages": self.ages.packed()}

    @classmethod
    def unpacked(cls, message: Mapping[str, Any]) -> "Lag":
        """The lag of a message."""
        lag = cls()
        lag.buckets, lag.seconds = list(message["buckets"]), float(message["seconds"])
        lag.ages = Histogram.unpacked(message["ages"])
        return lag
