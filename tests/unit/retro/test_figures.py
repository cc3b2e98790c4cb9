"""Durations, phases, belief grades, predictions and scale decisions: figures that can be worked out by hand."""

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.conftest import Story, hypothesis

from tocsin.model.capacity import consumers_needed, drain_seconds, pool_connections, utilisation
from tocsin.model.event import Event
from tocsin.model.run import RunMeta
from tocsin.model.verdict import Stamps
from tocsin.model.window import RawSeries, SampleWindow
from tocsin.retro.belief import brier, grade
from tocsin.retro.curves import latency_percentiles
from tocsin.retro.impact import impacts
from tocsin.retro.lessons import Material, lessons
from tocsin.retro.phases import durations, incident_phases
from tocsin.retro.predictions import Compared, compare
from tocsin.tape.fold import fold
from tocsin.tape.store import TapeReader

Tell = Callable[[Story], list[Event]]


def test_durations_run_between_the_stamps_they_are_defined_by(meta: RunMeta, story: Story, tell: Tell) -> None:
    found = {one.name: one.seconds for one in durations(fold(meta, tell(story)).stamps)}
    assert found == pytest.approx(
        {"TTD": 4.0, "TTD from injection": 4.1, "TTA": 0.0, "TTC": 6.0, "TTM": 10.5, "TTR": 18.5}
    )


def test_a_duration_without_one_of_its_ends_is_none() -> None:
    assert {one.seconds for one in durations(Stamps(impact=5.0))} == {None}


def test_phases_adjoin_and_cover_the_incident(meta: RunMeta, story: Story, tell: Tell) -> None:
    phases = incident_phases(fold(meta, tell(story)), 160.0)
    assert [phase.name for phase in phases] == ["undetected", "unclassified", "undecided", "acting", "recovering"]
    assert (phases[0].start, phases[-1].end) == (92.5, 111.0)
    assert all(one.end == following.start for one, following in pairwise(phases))


def test_no_impact_no_phases(meta: RunMeta) -> None:
    assert incident_phases(fold(meta, []), 100.0) == []


def test_belief_is_graded_against_the_truth(meta: RunMeta, story: Story, tell: Tell) -> None:
    graded = grade(fold(meta, tell(story)))
    assert graded is not None
    assert graded.right
    assert graded.right_target
    assert graded.first_right == 99.5
    assert graded.seconds_wrong == pytest.approx(2.0)


def test_the_brier_score_is_0_for_certainty_and_2_for_certain_error() -> None:
    assert brier([hypothesis("a", 1.0)], "a") == 0.0
    assert brier([hypothesis("a", 1.0)], "b") == 2.0
    assert brier([hypothesis("a", 0.5), hypothesis("b", 0.5, 2)], "b") == 0.5


def test_predictions_stand_beside_what_was_measured(meta: RunMeta, story: Story, tell: Tell) -> None:
    found = {one.name: one.error for one in compare(fold(meta, tell(story)).actions)}
    assert found == pytest.approx({"lag_records": 0.1, "lag_drain_seconds": 1.25})


def test_the_error_is_always_the_true_one_and_judged_as_exactly_as_samples_come() -> None:
    near = Compared("a1", "warm_cache", "effect_seconds", None, 2.0, 0.0)
    assert (near.error, near.right, near.wrong) == (-1.0, True, False)
    far = Compared("a1", "warm_cache", "effect_seconds", None, 2.0, 9.0)
    assert (far.error, far.right, far.wrong) == (3.5, False, True)
    share = Compared("a1", "restart", "bad_share", 0.8, 0.0001, 0.0)
    assert (share.right, share.wrong) == (True, False)
    unknown = Compared("a1", "restart", "bad_share", 0.8, 0.1, None)
    assert (unknown.error, unknown.right, unknown.wrong) == (None, False, False)


def test_bad_events_are_counted_in_the_phase_in_which_they_fell(reader: TapeReader) -> None:
    state = fold(reader.meta, reader.events())
    phases = incident_phases(state, reader.last_t)
    found = {one.name: one for one in impacts(reader.meta.slos.slos, reader.window(), phases, (22.0, 82.0))}
    lag = found["coupon-issue-lag"]
    assert lag.bad == pytest.approx(sum(spent.bad for spent in lag.phases))
    assert lag.bad > 100
    others = [one.name for name, one in found.items() if name != "coupon-issue-lag" and one.bad]
    assert others == []


def test_lessons_follow_from_figures(meta: RunMeta, story: Story, tell: Tell) -> None:
    state = fold(meta, tell(story))
    found = lessons(Material(meta, state, [], grade(state), compare(state.actions)))
    assert "detected within: 4.5 s where 20 s were allowed." in found.well
    assert any("restart of coupon-issuer took the fault away" in line for line in found.well)
    assert any("lag_drain_seconds was predicted as 4 and came to 9" in line for line in found.badly)


def test_the_drain_formula_is_flow_balance() -> None:
    assert drain_seconds(600, 3, 3, 50, 30) == pytest.approx(5.0)  # 600 / (150 - 30)
    assert drain_seconds(600, 5, 3, 50, 30) == drain_seconds(600, 3, 3, 50, 30)  # a fourth consumer has no partition
    assert drain_seconds(600, 1, 3, 20, 30) == float("inf")


@given(
    lag=st.floats(1, 1e5), arriving=st.floats(0, 1e3), each=st.floats(1, 1e3), within=st.floats(1, 600),
)  # fmt: skip
def test_as_many_consumers_as_needed_drain_in_time_and_one_less_does_not(
    lag: float, arriving: float, each: float, within: float
) -> None:
    needed = consumers_needed(lag, arriving, each, within)
    many = 10**6  # partitions enough for all
    assert drain_seconds(lag, needed, many, each, arriving) <= within * 1.001
    if needed > 1:
        assert drain_seconds(lag, needed - 1, many, each, arriving) >= within * 0.999


def test_utilisation_and_littles_law() -> None:
    assert utilisation(0.5, 2.0) == 0.25
    assert utilisation(0.5, 0.0) == float("inf")
    assert pool_connections(100.0, 0.05) == pytest.approx(5.0)


def test_percentiles_are_read_as_histogram_quantile_reads_them() -> None:
    seconds = np.arange(0.0, 11.0)
    per_second = {"0.1": 50.0, "0.2": 100.0, "+Inf": 100.0}  # half below 100 ms, all below 200 ms
    rows = [RawSeries(f"product|{le}", seconds, rate * seconds) for le, rate in per_second.items()]
    found = latency_percentiles(SampleWindow(0, 10, {"load_bucket": rows}), "load_bucket", (0.5, 0.75))
    assert found[0.5][-1] == pytest.approx(0.1)
    assert found[0.75][-1] == pytest.approx(0.15)
