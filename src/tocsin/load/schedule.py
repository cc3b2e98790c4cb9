"""Arrival schedules: when requests are due, whatever the answers do (open model)."""

import heapq
import random
from collections.abc import Iterator, Mapping
from math import sqrt


def arrivals(rate: float, ramp: float, rng: random.Random | None = None) -> Iterator[float]:
    """Due times in seconds from the start: ``rate`` per second after a linear ramp of ``ramp`` seconds.

    Evenly spaced without ``rng``; with it a Poisson process of that rate (exponential gaps, stretched through the
    ramp by the inverse of the cumulative rate: Çinlar, Introduction to Stochastic Processes, 1975, ch. 4.7).
    """
    if rate <= 0:
        return
    total = 0.0
    in_ramp = rate * ramp / 2
    while True:
        total += rng.expovariate(1.0) if rng else 1.0
        yield sqrt(2 * ramp * total / rate) if total < in_ramp else total / rate + ramp / 2


def merged(rates: Mapping[str, float], ramp: float, seed: int) -> Iterator[tuple[float, str]]:
    """(due time, request name) of several Poisson streams in one order; the same for the same seed."""

    def stream(name: str, rate: float) -> Iterator[tuple[float, str]]:
        for due in arrivals(rate, ramp, random.Random(f"{seed}:{name}")):
            yield due, name

    return heapq.merge(*(stream(name, rate) for name, rate in rates.items()))
