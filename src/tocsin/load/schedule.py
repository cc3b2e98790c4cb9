"""Arrival schedules: when requests are due, whatever the answers do (open model)."""

import random
from bisect import bisect
from collections.abc import Iterator, Mapping
from itertools import accumulate
from typing import NamedTuple

from tocsin.load.phases import Course


class Arrival(NamedTuple):
    """A request that is due: the second of the load, the index of its phase, and the request's name."""

    due: float
    place: int
    name: str


def due_times(course: Course, rng: random.Random | None = None) -> Iterator[tuple[float, int]]:
    """Due times in seconds of the load, each with the index of its phase, in order.

    Evenly spaced in the cumulative rate without ``rng``; with it a Poisson process of that rate: exponential gaps,
    stretched by the inverse of the cumulative rate (Çinlar, Introduction to Stochastic Processes, 1975, ch. 4.7).
    """
    wanted = rng.expovariate(1.0) if rng else 0.5
    before = 0.0
    for place, span in enumerate(course.spans):
        while wanted - before < span.mass:
            yield span.reached(wanted - before), place
            wanted += rng.expovariate(1.0) if rng else 1.0
        before += span.mass


def arrivals(course: Course, mix: Mapping[str, float], seed: int, *, poisson: bool) -> Iterator[Arrival]:
    """All requests of a load in the order in which they are due; the same for the same seed.

    ``mix`` has the weight of each name. Which name comes next is drawn, also where arrivals are evenly spaced: a
    Poisson stream that is split like that is one Poisson stream for each name.
    """
    rng = random.Random(f"{seed}:arrivals")
    draw = random.Random(f"{seed}:requests").random
    names = list(mix)
    weights = list(accumulate(mix.values()))
    for due, place in due_times(course, rng if poisson else None):
        yield Arrival(due, place, names[bisect(weights, draw() * weights[-1], 0, len(names) - 1)])
