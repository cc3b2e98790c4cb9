"""Playing a share of a load in this process with Locust's users, from the first request to the last."""

import gc
import itertools
from time import monotonic
from typing import Any

import gevent
from locust import LoadTestShape
from locust.env import Environment

from tocsin.load.kinds import is_concrete
from tocsin.load.order import Order, Part
from tocsin.load.priority import go_first
from tocsin.load.run import LoadRun, Share
from tocsin.load.shape import PhaseShape
from tocsin.load.tally import GOOD_WITHIN

LEAD = 0.3
"""Seconds from the word to begin until second 0 of the load: users must be there when the first request is due."""
_STOPPED_WITHIN = 3.0


def environment_of(part: Part, order: Order) -> Environment:
    """Locust's environment for a profile."""
    return Environment(user_classes=list(part.kinds), host=order.host, stop_timeout=1)


def settle(environment: Environment, run: LoadRun) -> None:
    """Give the users of an environment what they share, and this process what it needs to be on time."""
    go_first()
    environment.tocsin = run
    environment.tocsin_numbers = itertools.count(1 + run.share.index, run.share.count)
    _keep_the_collector_short()


def _keep_the_collector_short() -> None:
    """A look of the garbage collector at everything stops a load with 5,000 requests in flight for 200 ms and more.

    What is there when the load begins is none of its business, and it looks at the youngest objects only: requests
    leave nothing to it, whether they are answered or not.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 10_000, 1_000_000)


def start(runner: Any, part: Part, run: LoadRun, share: Share) -> None:
    """Let the users begin: those of a closed model by its phases or by the profile's own shape."""
    environment = runner.environment
    shapes = [kind for kind in vars(part.module).values() if is_concrete(kind, LoadTestShape)]
    if part.is_open or not (part.info.phases or shapes):
        runner.start(len(part.kinds) * share.count, spawn_rate=100 * share.count)
        return
    shape = PhaseShape(run) if part.info.phases else shapes[0](run)
    shape.runner = runner
    environment.shape_class = shape
    runner.start_shape()


def count_users(runner: Any, run: LoadRun) -> None:
    """Keep the number of users; runs as a greenlet for ever."""
    while True:
        run.measure.users = runner.user_count
        gevent.sleep(0.5)


def wind_down(runner: Any, run: LoadRun) -> None:
    """Start nothing more, wait for answers as long as they can be good ones, and count the rest as failed."""
    run.over = True
    until = monotonic() + GOOD_WITHIN
    stopping = gevent.spawn(runner.stop)
    while run.in_flight.open and monotonic() < until:
        gevent.sleep(0.02)
    stopping.join(_STOPPED_WITHIN)
    run.in_flight.tick(monotonic())
    run.give_up_the_rest()
    run.measure.in_flight = run.measure.users = 0
