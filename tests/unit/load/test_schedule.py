"""Arrival schedules keep their rate and their seed."""

from itertools import islice, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.load.measure import percentile_ms
from tocsin.load.schedule import arrivals, merged


@given(rate=st.floats(0.5, 500), ramp=st.floats(0.1, 60))
def test_even_arrivals_reach_the_full_rate_after_the_ramp(rate: float, ramp: float) -> None:
    due = list(islice(arrivals(rate, ramp), int(rate * ramp / 2) + 50))
    assert due == sorted(due)
    gaps = [later - earlier for earlier, later in pairwise(due) if earlier > ramp]
    assert gaps
    assert all(gap == pytest.approx(1 / rate, rel=1e-6) for gap in gaps)


def test_half_of_the_rate_arrives_during_the_ramp() -> None:
    assert sum(t <= 10 for t in islice(arrivals(100, 10), 5000)) == pytest.approx(500, abs=2)


def test_the_same_seed_gives_the_same_arrivals() -> None:
    rates = {"product": 100.0, "coupon": 30.0}
    first = list(islice(merged(rates, 10, 7), 500))
    assert first == list(islice(merged(rates, 10, 7), 500))
    assert first != list(islice(merged(rates, 10, 8), 500))
    assert [t for t, _ in first] == sorted(t for t, _ in first)


def test_no_rate_means_no_arrival() -> None:
    assert list(arrivals(0, 10)) == []


def test_percentiles_are_nearest_rank() -> None:
    ordered = [n / 1000 for n in range(1, 101)]
    assert [percentile_ms(ordered, share) for share in (0.5, 0.95, 0.99)] == [50, 95, 99]
    assert percentile_ms([], 0.5) == 0
