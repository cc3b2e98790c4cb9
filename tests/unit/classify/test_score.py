import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.classify.facts import FACT, fact
from tocsin.classify.features import anomalous
from tocsin.classify.score import poisson, robust

RNG = np.random.default_rng(3)
HEALTHY = 10.0 + RNG.standard_normal(60)


def test_robust_z_counts_healthy_spreads() -> None:
    score = robust(HEALTHY, np.full(8, 30.0), 0.0, "up")
    assert score is not None
    assert score.baseline == pytest.approx(10.0, abs=0.5)
    assert 10.0 < score.z < 25.0


def test_a_floor_keeps_a_quiet_series_honest() -> None:
    score = robust(np.full(60, 5.0), np.full(8, 5.01), 0.1, "up")
    assert score is not None
    assert score.z < 0.2


def test_two_odd_seconds_are_not_sustained() -> None:
    recent = np.array([10.0, 10.1, 90.0, 9.9, 95.0, 10.0])
    score = robust(HEALTHY, recent, 0.0, "up")
    assert score is not None
    assert score.z < 2.0


def test_one_sided() -> None:
    fallen = robust(HEALTHY, np.full(8, 0.0), 0.0, "up")
    assert fallen is not None
    assert fallen.z < 0.0


def test_what_vanishes_is_told_however_noisy_it_was() -> None:
    healthy = 30.0 + 10.0 * np.abs(RNG.standard_normal(60))
    score = robust(healthy, np.zeros(6), 1.0, "down")
    assert score is not None
    assert score.z >= 10.0


def test_missing_data_is_not_zero() -> None:
    assert robust(HEALTHY, np.full(8, np.nan), 0.0, "down") is None
    assert robust(np.full(60, np.nan), np.full(8, 5.0), 0.0, "up") is None
    assert poisson(np.zeros(60), np.full(8, np.nan), 0.0) is None


def test_errors_from_nought() -> None:
    many, none = poisson(np.zeros(60), np.full(6, 10.0), 0.5), poisson(np.zeros(60), np.zeros(6), 0.5)
    assert many is not None
    assert none is not None
    assert many.z > 10.0
    assert none.z <= 0.0


def test_one_burst_of_errors_is_not_sustained() -> None:
    score = poisson(np.zeros(60), np.array([0.0, 40.0, 0.0, 0.0, 0.0]), 0.5)
    assert score is not None
    assert score.z == 0.0


def test_a_counter_born_in_the_incident_had_counted_nothing() -> None:
    score = poisson(np.full(60, np.nan), np.full(6, 10.0), 0.5)
    assert score is not None
    assert score.baseline == 0.0
    assert score.z > 10.0


@given(st.floats(-1e6, 1e6))
def test_anomalous_is_a_probability(z: float) -> None:
    assert 0.0 <= anomalous(z) <= anomalous(z + 1.0) <= 1.0


@given(st.lists(st.floats(0, 1e6), min_size=10, max_size=40), st.floats(0.1, 1e6), st.floats(0, 1e6))
def test_z_grows_with_the_value(healthy: list[float], more: float, value: float) -> None:
    low = robust(np.array(healthy), np.full(5, value), 1e-3, "up")
    high = robust(np.array(healthy), np.full(5, value + more), 1e-3, "up")
    assert low is not None
    assert high is not None
    assert low.z <= high.z


@pytest.mark.parametrize(
    ("family", "healthy", "recent", "holds"),
    [
        ("unresponsive", 1.0, [1, 0, 0, 0], True),
        ("unresponsive", 1.0, [1, 1, 0, 0], False),
        ("unresponsive", 1.0, [1, np.nan, np.nan, np.nan], True),
        ("gone", 5.0, [5, 5, np.nan, np.nan], True),
        ("gone", 5.0, [5, 5, 5, np.nan], False),
        ("restarted", 100.0, [100, 100, 140, 140], True),
        ("restarted", 100.0, [100, 100, 100, 100], False),
        ("standstill", 0.2, [0.2, 0, 0, 0], True),
        ("standstill", 0.2, [0.2, 0.1, 0.1, 0.1], False),
        ("keys_lost", 660.0, [660, 63, 177, 264, 340, 407, 467, 522, 558, 660], True),  # lost, and refilled by traffic
        ("keys_lost", 660.0, [660, 600, 500, 420], False),
        ("oom_killed", 0.0, [0, 1, 0, 0, np.nan], True),  # a moment, long past
        ("oom_killed", 0.0, [0, 0, np.nan, 0], False),
    ],
)
def test_facts(family: str, healthy: float, recent: list[float], holds: bool) -> None:  # noqa: FBT001 - a table
    judge = fact(family)
    assert judge is not None
    known = np.ones(len(recent), dtype=bool)
    score = judge(np.full(30, healthy), np.array(recent, dtype=float), known, 0.001)
    assert score is not None
    assert (score.z == FACT) is holds


def test_when_the_exporter_is_silent_nobody_is_gone() -> None:
    judge = fact("gone")
    assert judge is not None
    assert judge(np.full(30, 1.0), np.full(5, np.nan), np.zeros(5, dtype=bool), 0.0) is None
