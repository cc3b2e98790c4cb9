"""Percentiles are nearest rank within 1 %, never flattering, and histograms add up."""

from math import ceil

from hypothesis import given
from hypothesis import strategies as st

from tocsin.load.histogram import Histogram

DURATIONS = st.lists(st.floats(2e-6, 100), min_size=1, max_size=200)


def of(durations: list[float]) -> Histogram:
    """The histogram of durations in seconds."""
    histogram = Histogram()
    for seconds in durations:
        histogram.record(seconds)
    return histogram


@given(DURATIONS, st.sampled_from([0.0, 0.2, 0.5, 0.95, 0.99, 0.999, 1.0]))
def test_a_percentile_is_the_nearest_rank_or_less_than_one_per_cent_above(durations: list[float], share: float) -> None:
    true = sorted(durations)[max(1, ceil(share * len(durations) - 1e-9)) - 1]
    assert true <= of(durations).percentile(share) <= true * 1.008


@given(DURATIONS, DURATIONS)
def test_added_histograms_are_the_histogram_of_all(some: list[float], others: list[float]) -> None:
    added = of(some)
    added.add(Histogram.unpacked(of(others).packed()))
    whole = of(some + others)
    assert added.total == whole.total
    assert added.packed()[0] == whole.most
    assert [added.percentile(n / 20) for n in range(21)] == [whole.percentile(n / 20) for n in range(21)]


def test_nothing_recorded_is_nought() -> None:
    assert Histogram().percentile(0.99) == 0
    assert of([0.0]).percentile(0.5) == 0
