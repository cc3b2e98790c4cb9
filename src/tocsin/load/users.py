"""Locust users for profiles: an open-model arrival schedule, and closed-model users with think time.

Only the load process imports this: importing Locust monkey-patches the whole process.
"""

import random
from collections.abc import Mapping
from time import monotonic
from typing import Any, NamedTuple

import gevent
from locust import task

from tocsin.load.inflight import Request
from tocsin.load.lean import LeanHttpUser
from tocsin.load.run import LoadRun
from tocsin.load.schedule import arrivals
from tocsin.load.tally import Lag, Tally

ACCEPTED = (201, 202)
"""Statuses of answers that say that work was accepted: those a receipt is kept of."""
COMING = 1.0
"""Seconds over which users who are made at the same moment come."""
AT_ONCE = 50
"""Arrivals that are already due which are started before answers get their turn."""


class Call(NamedTuple):
    """One request to make: its name in all statistics, method, path and JSON body.

    ``receipt`` is the kind of work that an answer of 201 or 202 says was accepted: such an answer, a JSON object, is
    written down, and invariants compare it with the data.
    """

    name: str
    method: str
    path: str
    body: dict[str, Any] | None = None
    receipt: str | None = None


class MeasuredUser(LeanHttpUser):
    """A user whose every request is measured from the moment it was due.

    Its requests are counted by the run alone: Locust's own event is not fired for them, nor are its statistics kept.
    """

    abstract = True

    @property
    def load(self) -> LoadRun:
        """What all users share."""
        shared: LoadRun = self.environment.tocsin
        return shared

    def make(self, call: Call, request: Request[Tally]) -> None:
        """Make one request that was begun in the run's ``in_flight``; its age counts from when it was due.

        A failure is a transport error, a time-out, a 5xx answer, or a receipt that is no JSON object. 4xx are answers:
        sold out is no failure.
        """
        run: LoadRun = self.environment.tocsin
        request.key.started += 1
        try:
            answer = self.client.exchange(call.method, call.path, call.body)
        except OSError:
            run.end(request, failed=True, answered=False)
            return
        except BaseException:  # among them Locust's, when it kills a user in the middle of a request
            run.end(request, failed=True, answered=False)
            raise
        failed = answer.status >= 500
        if call.receipt is not None and answer.status in ACCEPTED:
            failed = not self._kept(call.receipt, answer.body)
        run.end(request, failed=failed, answered=True)

    def _kept(self, kind: str, body: bytes) -> bool:
        try:
            self.load.receipts.keep(kind, body)
        except ValueError:
            return False
        return True


class ArrivalUser(MeasuredUser):
    """One user that starts requests on a schedule, whatever the answers do.

    A subclass gives ``next_call`` and either ``rates`` (requests/s by name at scale 1, as long as the drill lasts) or,
    in a profile with PHASES, ``shares`` (weights by name). Arrivals beyond the run's ``max_in_flight`` are dropped and
    count as failed and late.
    """

    abstract = True
    fixed_count = 1
    rates: Mapping[str, float] = {}
    shares: Mapping[str, float] = {}

    def next_call(self, name: str) -> Call:
        """The next request of that name.

        Called for every arrival in order, in each worker process, also for those that another worker makes: so all of
        them draw the same, and the requests are the same whatever the number of workers.
        """
        raise NotImplementedError

    @task
    def follow_schedule(self) -> None:
        """Start every request when it is due, until the schedule or the run is over."""
        run, behind = self.load, 0
        if run.followed:
            self._rest()
            return
        run.followed = True
        index, count = run.share.index, run.share.count
        schedule = arrivals(run.course, self.shares or self.rates, run.seed, poisson=run.poisson)
        for number, (offset, place, name) in enumerate(schedule):
            call = self.next_call(name)
            if number % count != index:
                continue
            due = run.begun + offset
            wait = due - monotonic()
            behind = 0 if wait > 0 else behind + 1
            if wait > 0 or behind % AT_ONCE == 0:
                gevent.sleep(max(wait, 0.0))
            if run.over:
                return
            self._start(call, place, due)
        self._rest()

    def _start(self, call: Call, place: int, due: float) -> None:
        run = self.load
        tally = run.measure.rows[place][call.name]
        tally.scheduled += 1
        if run.in_flight.open >= run.max_in_flight:
            run.drop(tally, due)
        else:
            gevent.spawn_raw(self._make_late, call, run.in_flight.begin(tally, due), run.measure.lags[place])

    def _make_late(self, call: Call, request: Request[Tally], lag: Lag) -> None:
        lag.record(monotonic() - request.due)
        self.make(call, request)

    def _rest(self) -> None:
        """Nothing more is due: there is nothing to do until the run is over."""
        while not self.load.over:
            gevent.sleep(0.1)


class ClosedUser(MeasuredUser):
    """A virtual user that waits for its answer, thinks, and asks again; what it starts counts as scheduled.

    Attributes:
        think: seconds between an answer and the next request, on average.
        number: from 1, different for every user of a run.
        rng: its own random numbers.
    """

    abstract = True
    think: float = 1.0

    def on_start(self) -> None:
        """Every user has its own number, its own random numbers, and a moment of its own at which it comes.

        Locust makes users in batches, once a second; without that they would ask in step for ever.
        """
        self.number: int = next(self.environment.tocsin_numbers)
        self.rng = random.Random(f"{self.load.seed}:{self.number}")
        self._wakes = 0.0
        gevent.sleep(self.rng.random() * COMING)

    def wait_time(self) -> float:
        """How long to think: between half and one and a half times ``think``, so that users do not ask in step."""
        seconds = self.think * (0.5 + self.rng.random())
        self._wakes = monotonic() + seconds
        return seconds

    def ask(self, call: Call) -> None:
        """Make a request now."""
        now, run = monotonic(), self.load
        place = run.place
        if self._wakes:
            run.measure.lags[place].record(now - self._wakes)
            self._wakes = 0.0
        tally = run.measure.rows[place][call.name]
        tally.scheduled += 1
        self.make(call, run.in_flight.begin(tally, now))
