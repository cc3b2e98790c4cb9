"""What all users of one load process share: its course, its counts, its clock."""

from dataclasses import dataclass, field
from time import monotonic

import gevent

from tocsin.load.inflight import InFlight, Request
from tocsin.load.measure import Measure
from tocsin.load.phases import Course
from tocsin.load.receipts import Receipts
from tocsin.load.tally import Tally

TICK = 0.05
"""Seconds between two looks at the age of the requests in flight."""


@dataclass(frozen=True)
class Share:
    """Which part of the load is this process's: every ``count``-th request and user, beginning with ``index``."""

    index: int = 0
    count: int = 1


@dataclass
class LoadRun:
    """The run of one load process; ``environment.tocsin`` holds it.

    Attributes:
        poisson: True for Poisson arrivals, False for evenly spaced ones (open model).
        max_in_flight: requests of this process at the same time, beyond which arrivals are dropped (open model).
        begun: the moment of second 0 of the load, on the monotonic clock.
        over: True once no further request is to be started.
        followed: True once somebody follows the schedule (open model): nobody else may, whatever Locust spawns.
    """

    seed: int
    course: Course
    requests: tuple[str, ...]
    poisson: bool = True
    max_in_flight: int = 5000
    users_available: int = 10_000
    share: Share = Share()
    begun: float = 0.0
    over: bool = False
    followed: bool = False
    receipts: Receipts = field(default_factory=Receipts)

    def __post_init__(self) -> None:
        self.measure = Measure(self.requests, len(self.course.spans))
        self.in_flight: InFlight[Tally] = InFlight(_late)

    @property
    def second(self) -> float:
        """Seconds of load so far; not below 0."""
        return max(0.0, monotonic() - self.begun)

    @property
    def place(self) -> int:
        """The index of the phase that the load is in."""
        return self.course.place(self.second)

    @property
    def phase(self) -> str:
        """The name of the phase that the load is in."""
        return self.course.spans[self.place].name

    def end(self, request: Request[Tally], *, failed: bool, answered: bool) -> None:
        """A request was answered, or given up; harmless when it has ended already."""
        if request.done:
            return
        now = monotonic()
        request.key.ended(now - request.due, failed=failed, answered=answered)
        self.in_flight.end(request, now, failed=failed)

    def drop(self, tally: Tally, due: float) -> None:
        """An arrival that cannot be started because too many are in flight: bad, and late for every threshold."""
        tally.dropped += 1
        tally.failed += 1
        self.in_flight.end(self.in_flight.begin(tally, due), due, failed=True)

    def give_up_the_rest(self) -> None:
        """What is still in flight when everything ends has failed, at the age that it has now."""
        for request in self.in_flight.unfinished():
            self.end(request, failed=True, answered=False)

    def watch(self) -> None:
        """Count requests as late when they become so; runs as a greenlet for ever."""
        while True:
            gevent.sleep(TICK)
            self.in_flight.tick(monotonic())
            self.measure.in_flight = self.in_flight.open


def _late(tally: Tally, threshold: int) -> None:
    tally.late[threshold] += 1
