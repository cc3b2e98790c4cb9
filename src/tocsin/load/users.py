"""Locust users for profiles: an open-model arrival schedule, and closed-model users with think time.

Only the load process imports this: importing Locust monkey-patches the whole process.
"""

import json
import random
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

import gevent
from locust import task

from tocsin.load.inflight import InFlight
from tocsin.load.lean import LeanHttpUser
from tocsin.load.measure import GOOD_WITHIN, Measure
from tocsin.load.schedule import merged

TIMEOUT = 5.0
"""Seconds after which a request is given up."""
TICK = 0.05
"""Seconds between two looks at the age of the requests in flight."""
MAX_IN_FLIGHT = 1000


@dataclass(frozen=True)
class Call:
    """One request to make: its name in all statistics, method, path and JSON body."""

    name: str
    method: str
    path: str
    body: dict[str, Any] | None = None


class LoadRun:
    """What all users of one load process share; ``environment.tocsin`` holds it."""

    def __init__(self, *, seed: int, scale: float, compress: float, users: int, requests: tuple[str, ...]) -> None:
        self.seed = seed
        self.scale = scale
        self.compress = compress
        self.users_available = users
        self.measure = Measure(requests)
        self.in_flight = InFlight(self.measure.late)
        self.receipts: TextIO | None = None
        self.ending = False  # no new arrivals; those in flight may end

    def open_receipts(self, path: Path) -> None:
        """Where accepted work is written down, one JSON line each."""
        self.receipts = path.open("w", encoding="utf-8")

    def receipt(self, answer: dict[str, Any]) -> None:
        """Keep what a client was told was accepted."""
        if self.receipts is not None:
            self.receipts.write(json.dumps({"event_id": answer["event_id"], "user_id": answer["user_id"]}) + "\n")

    def watch(self) -> None:
        """Count requests as late when they become so, and keep the receipts on disk; runs as a greenlet for ever."""
        flushed = time.monotonic()
        while True:
            gevent.sleep(TICK)
            now = time.monotonic()
            self.in_flight.tick(now)
            self.measure.in_flight.set(self.in_flight.open)
            if self.receipts is not None and now - flushed > 1.0:
                self.receipts.flush()
                flushed = now


class MeasuredUser(LeanHttpUser):
    """A user whose every request is measured from the moment it was due."""

    abstract = True
    concurrency = MAX_IN_FLIGHT
    network_timeout = TIMEOUT
    connection_timeout = TIMEOUT

    @property
    def load(self) -> LoadRun:
        """What all users share."""
        shared: LoadRun = self.environment.tocsin
        return shared

    def make(self, call: Call, due: float) -> dict[str, Any] | None:
        """Make one request that was due at ``due`` (monotonic seconds); the JSON of an accepted one, else None.

        A failure is a transport error, a time-out or a 5xx answer. 4xx are answers: sold out is no failure.
        """
        run = self.load
        run.measure.count("started", call.name)
        request = run.in_flight.begin(call.name, due)
        run.measure.lagged(time.monotonic() - due)
        with self.client.request(
            call.method, call.path, name=call.name, json=call.body, catch_response=True, allow_redirects=False
        ) as response:
            failed = response.status_code == 0 or response.status_code >= 500
            if failed:
                response.failure(f"status {response.status_code}")
            else:
                response.success()
            answer: dict[str, Any] | None = response.json() if response.status_code == 202 else None
        self._account(call.name, due, failed=failed, answered=response.status_code != 0)
        run.in_flight.end(request, time.monotonic(), failed=failed)
        if answer is not None:
            run.receipt(answer)
        return answer

    def _account(self, name: str, due: float, *, failed: bool, answered: bool) -> None:
        measure, took = self.load.measure, time.monotonic() - due
        if answered:
            measure.count("completed", name)
            measure.took(name, took)
        if failed:
            measure.count("failed", name)
        elif took <= GOOD_WITHIN:
            measure.count("good", name)


class ArrivalUser(MeasuredUser):
    """One user that starts requests on a schedule, whatever the answers do.

    A subclass gives ``rates`` (requests/s by name, at scale 1) and ``next_call``. Beyond ``MAX_IN_FLIGHT`` arrivals
    are dropped and count as scheduled, failed and late.
    """

    abstract = True
    fixed_count = 1
    rates: dict[str, float]
    ramp: float

    def next_call(self, name: str) -> Call:
        """The next request of that name."""
        raise NotImplementedError

    @task
    def follow_schedule(self) -> None:
        """Start every request when it is due, until the load ends."""
        run = self.load
        rates = {name: rate * run.scale for name, rate in self.rates.items()}
        begun = time.monotonic()
        for offset, name in merged(rates, self.ramp, run.seed):
            due = begun + offset
            wait = due - time.monotonic()
            if wait > 0:
                gevent.sleep(wait)
            if run.ending:
                return
            run.measure.count("scheduled", name)
            call = self.next_call(name)
            if run.in_flight.open >= MAX_IN_FLIGHT:
                self._drop(name, due)
            else:
                gevent.spawn(self.make, call, due)

    def _drop(self, name: str, due: float) -> None:
        run = self.load
        run.measure.count("failed", name)
        run.in_flight.end(run.in_flight.begin(name, due), due, failed=True)


class ClosedUser(MeasuredUser):
    """A virtual user that waits for its answer, thinks, and asks again; what it starts counts as scheduled."""

    abstract = True

    def on_start(self) -> None:
        """Every user has its own number and its own random numbers."""
        numbers = self.environment.tocsin_numbers
        self.number: int = next(numbers)
        self.rng = random.Random(f"{self.load.seed}:{self.number}")

    def ask(self, call: Call) -> dict[str, Any] | None:
        """Make a request now."""
        self.load.measure.count("scheduled", call.name)
        return self.make(call, time.monotonic())
