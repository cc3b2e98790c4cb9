"""Predictions and measurements that several remedies share: the same names on both sides."""

from math import isfinite

from tocsin.model.remedy import Prediction
from tocsin.respond.remedy import Scene
from tocsin.respond.sight import RECENT, bad_share, between, healthy_of, now_of, seconds_until_met

SHARE = "bad_share"
"""Bad share of the breached SLO, ten seconds after the remedy was done."""
EFFECT = "effect_seconds"
"""Seconds from the remedy being done to the breached SLO being met again."""


class Expectation:
    """Gathers before, predicted and grounds; a figure that cannot be computed is left out."""

    def __init__(self) -> None:
        self.before: dict[str, float] = {}
        self.predicted: dict[str, float] = {}
        self.grounds: list[str] = []

    def figure(self, name: str, before: float | None, predicted: float | None, ground: str = "") -> None:
        """One figure with its ground."""
        if before is not None and isfinite(before):
            self.before[name] = round(before, 4)
        if predicted is not None and isfinite(predicted):
            self.predicted[name] = round(predicted, 4)
            if ground:
                self.grounds.append(ground)

    def done(self) -> Prediction:
        """The prediction."""
        return Prediction(before=self.before, predicted=self.predicted, grounds=self.grounds)


def expect_slo(scene: Scene, expectation: Expectation, effect_seconds: float, why: str) -> None:
    """The breached SLO goes back to its healthy bad share within ``effect_seconds``."""
    end = scene.window.end
    healthy = bad_share(scene, *scene.baseline)
    expectation.figure(
        SHARE,
        bad_share(scene, end - RECENT, end),
        healthy,
        f"bad share of {scene.breach.slo} returns to its healthy {healthy:.2%}" if healthy is not None else "",
    )
    if healthy is not None:
        expectation.figure(EFFECT, None, effect_seconds, why)


def measure_slo(scene: Scene, done: float) -> dict[str, float]:
    """What became of the breached SLO."""
    measured = {}
    share = bad_share(scene, int(done) + 10, int(done) + 20)
    if share is not None:
        measured[SHARE] = round(share, 4)
    seconds = seconds_until_met(scene, done)
    if seconds is not None:
        measured[EFFECT] = round(seconds, 1)
    return measured


def expect_family(scene: Scene, expectation: Expectation, figure: str, family: str, place: str) -> None:
    """A family at a place returns to its healthy value."""
    healthy = healthy_of(scene, family, place)
    ground = f"{figure} of {place} returns to its healthy {healthy:.4g}" if healthy is not None else ""
    expectation.figure(figure, now_of(scene, family, place), healthy, ground)


def measure_family(scene: Scene, done: float, figure: str, family: str, place: str) -> dict[str, float]:
    """A family at a place, ten seconds after the remedy was done."""
    start = int(done) + 10
    found = between(scene, family, place, start, min(start + 10, scene.window.end))
    return {} if found is None else {figure: round(found, 4)}
