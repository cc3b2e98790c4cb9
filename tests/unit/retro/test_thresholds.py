"""Thresholds come from healthy seconds alone, and say when they would have fired."""

import numpy as np
import pytest

from tocsin.model.run import RunMeta
from tocsin.model.signal import Signal
from tocsin.model.window import RawSeries, SampleWindow
from tocsin.retro.thresholds import Threshold, thresholds

HEALTHY = (0.0, 60.0)


def _propose(meta: RunMeta, values: list[float], **words: object) -> list[Threshold]:
    """For one signal of the shop, as it is the only one."""
    signal = Signal.model_validate({"gauge": "x", "entity": "app", "family": "latency", "title": "time", **words})
    seconds = np.arange(1.0, len(values) + 1.0)
    window = SampleWindow(0, len(values), {"only": [RawSeries("app", seconds, np.array(values))]})
    return thresholds(meta.model_copy(update={"signals": {"only": signal}}), window, HEALTHY)


def _noise(level: float, spread: float, count: int) -> list[float]:
    return list(np.random.default_rng(5).normal(level, spread, count))


def test_a_threshold_lies_beyond_everything_healthy_and_fires_after_three_seconds(meta: RunMeta) -> None:
    (found,) = _propose(meta, _noise(10.0, 0.5, 60) + [30.0] * 20)
    assert found.threshold > found.extreme > found.healthy
    assert found.threshold == pytest.approx(10.0 + 6 * 0.5, abs=0.8)
    assert found.fires == 63.0


def test_one_bad_second_does_not_fire(meta: RunMeta) -> None:
    (found,) = _propose(meta, [*_noise(10.0, 0.5, 60), 30.0, 10.0, 30.0, 10.0])
    assert found.fires is None


def test_a_quiet_signal_keeps_its_floor(meta: RunMeta) -> None:
    (found,) = _propose(meta, [10.0] * 80, floor=4.0)
    assert found.threshold == 14.0


def test_a_rate_that_falls_has_a_threshold_below_and_none_below_nought(meta: RunMeta) -> None:
    (found,) = _propose(meta, _noise(100.0, 2.0, 60) + [0.0] * 10, worse="down")
    assert (found.above, found.fires) == (False, 63.0)
    assert _propose(meta, _noise(3.0, 1.0, 60), worse="down") == []


def test_too_few_healthy_seconds_and_switches_propose_nothing(meta: RunMeta) -> None:
    assert _propose(meta, [1.0] * 15) == []
    assert _propose(meta, [1.0] * 80, family="unresponsive", worse="down") == []
