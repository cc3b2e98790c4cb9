"""Arrival schedules keep their rate and their seed, and split over workers without loss."""

import random
from collections import Counter
from itertools import islice, pairwise
from math import inf, isclose, sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.load.phases import Course, Phase, Span, going_on, planned
from tocsin.load.schedule import Arrival, arrivals, due_times

LEVELS = st.one_of(st.just(0.0), st.floats(0.5, 500))
PHASES = st.lists(st.tuples(st.floats(0.1, 20), LEVELS, LEVELS), min_size=1, max_size=6).map(
    lambda rows: [Phase(str(number), *row) for number, row in enumerate(rows)]
)
SIZES = st.tuples(st.floats(0.1, 2), st.floats(0.5, 10))
MIX = {"product": 100.0, "ranking": 20.0, "coupon": 30.0}


@given(PHASES, SIZES)
def test_even_arrivals_are_the_integral_of_the_rate(phases: list[Phase], sizes: tuple[float, float]) -> None:
    course = planned(phases, *sizes)
    due = list(due_times(course))
    assert [t for t, _ in due] == sorted(t for t, _ in due)
    for place, span in enumerate(course.spans):
        mine = [t for t, at in due if at == place]
        assert all(span.begin - 1e-9 <= t <= span.end + 1e-9 for t in mine)
        before = sum(earlier.mass for earlier in course.spans[: place + 1])
        assert sum(at <= place for _, at in due) == pytest.approx(before, abs=0.51)


@given(PHASES, st.floats(0, 1))
def test_the_time_at_which_a_mass_has_come_has_that_mass_before_it(phases: list[Phase], share: float) -> None:
    for span in planned(phases, 1.0, 1.0).spans:
        if span.mass > 0:
            until = span.reached(span.mass * share)
            part = Span("part", span.begin, until, span.first, span.level(until))
            assert part.mass == pytest.approx(span.mass * share, rel=1e-6, abs=1e-6)


@given(PHASES, st.integers(0, 9))
def test_poisson_arrivals_have_the_spread_of_a_poisson_process(phases: list[Phase], seed: int) -> None:
    course = planned(phases, 1.0, 1.0)
    mass = sum(span.mass for span in course.spans)
    count = sum(1 for _ in due_times(course, random.Random(seed)))
    assert abs(count - mass) <= 6 * sqrt(mass) + 6


@given(rate=st.floats(0.5, 500), ramp=st.floats(0.1, 60))
def test_a_load_that_goes_on_reaches_the_full_rate_after_the_ramp(rate: float, ramp: float) -> None:
    due = [t for t, _ in islice(due_times(going_on(rate, ramp)), int(rate * ramp / 2) + 50)]
    gaps = [later - earlier for earlier, later in pairwise(due) if earlier > ramp]
    assert gaps
    assert all(isclose(gap, 1 / rate, rel_tol=1e-6) for gap in gaps)


def test_half_of_the_rate_arrives_during_the_ramp() -> None:
    assert sum(t <= 10 for t, _ in islice(due_times(going_on(100, 10)), 5000)) == 500


@pytest.mark.parametrize("poisson", [True, False])
def test_the_same_seed_gives_the_same_arrivals(poisson: bool) -> None:  # noqa: FBT001
    def first(seed: int) -> list[Arrival]:
        return list(islice(arrivals(going_on(150, 10), MIX, seed, poisson=poisson), 500))

    assert first(7) == first(7)
    assert first(7) != first(8)


def test_names_come_in_their_shares() -> None:
    names = Counter(one.name for one in islice(arrivals(going_on(150, 0), MIX, 7, poisson=True), 15_000))
    assert {name: count / 15_000 for name, count in names.items()} == {
        name: pytest.approx(weight / 150, abs=0.02) for name, weight in MIX.items()
    }


@given(st.integers(1, 8), st.booleans())
def test_what_all_workers_make_together_is_the_whole(count: int, poisson: bool) -> None:  # noqa: FBT001
    def whole() -> list[Arrival]:
        return list(arrivals(planned([Phase("only", 2, 50, 150)], 1, 1), MIX, 7, poisson=poisson))

    parts = [islice(whole(), index, None, count) for index in range(count)]
    assert sorted(one for part in parts for one in part) == whole()


def test_a_second_belongs_to_the_phase_that_has_begun() -> None:
    course = planned([Phase("a", 10, 1, 1), Phase("b", 20, 1, 5)], scale=2, compress=10)
    assert [(span.begin, span.end, span.first, span.last) for span in course.spans] == [(0, 1, 2, 2), (1, 3, 2, 10)]
    assert [course.place(second) for second in (-1, 0, 0.99, 1.0, 2.9, 50)] == [0, 0, 0, 1, 1, 1]
    assert course.spans[1].level(2) == 6


def test_no_rate_means_no_arrival() -> None:
    assert list(due_times(Course((Span("nothing", 0, inf, 0, 0),)))) == []
