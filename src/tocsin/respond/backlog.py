"""A consumer's backlog: what it is now, how fast it is worked off, and when it will be gone."""

from dataclasses import dataclass

import numpy as np

from tocsin.model.capacity import drain_seconds
from tocsin.respond.effects import Expectation
from tocsin.respond.remedy import Scene
from tocsin.respond.sight import healthy_of, now_of, rate_of

LAG = "lag_records"
DRAIN = "lag_drain_seconds"
JOINING = 3.0
"""Seconds in which a consumer group takes new members in, measured with a session timeout of 6 s."""


@dataclass(frozen=True)
class Backlog:
    """Records waiting, records/s arriving, records/s that one consumer can work off; None = not visible."""

    lag: float
    arriving: float
    per_consumer: float

    @classmethod
    def of(cls, scene: Scene, service: str) -> "Backlog | None":
        """The backlog of a consumer service as Prometheus shows it."""
        lag = now_of(scene, "lag", service)
        arriving = rate_of(scene, "progress", service, *scene.baseline)
        listening = healthy_of(scene, "latency", service)
        if lag is None or arriving is None or not listening:
            return None
        return cls(lag, arriving, 1.0 / listening)


def expect_drain(scene: Scene, expectation: Expectation, service: str, consumers: int, partitions: int) -> None:
    """The lag drains with that many consumers."""
    backlog = Backlog.of(scene, service)
    if backlog is None:
        return
    lag = backlog.lag + JOINING * backlog.arriving
    seconds = JOINING + drain_seconds(lag, consumers, partitions, backlog.per_consumer, backlog.arriving)
    working = min(consumers, partitions)
    expectation.figure(
        DRAIN,
        None,
        seconds,
        f"lag drains in J + (L + lambda·J)/(min(C,P)·mu - lambda) = {JOINING:g} + {lag:.0f}/"
        f"({working}·{backlog.per_consumer:.0f} - {backlog.arriving:.0f}) = {seconds:.1f} s, with mu = 1 / mean "
        f"listener time and J = {JOINING:g} s for the group to take new members in",
    )
    expectation.figure(LAG, backlog.lag, healthy_of(scene, "lag", service), "")


def measure_drain(scene: Scene, done: float, service: str) -> dict[str, float]:
    """Seconds until the lag was back at its healthy level, and the lag at the end."""
    healthy = healthy_of(scene, "lag", service)
    now = now_of(scene, "lag", service)
    measured = {} if now is None else {LAG: round(now, 1)}
    if healthy is None:
        return measured
    limit = max(20.0, 3 * healthy)
    for name, signal in scene.signals.items():
        if signal.family != "lag":
            continue
        for values in scene.window.of(name, signal).values():
            after = values[int(done) - scene.window.start :]
            drained = np.flatnonzero(after <= limit)
            if drained.size:
                measured[DRAIN] = round(float(drained[0]), 1)
    return measured
