"""The arithmetic behind the widgets: dots, figures, health, and what a seal lets through."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from tests.conftest import Story

from tocsin.console.curves import Curves
from tocsin.console.health import by_service, health
from tocsin.console.reel import Reel
from tocsin.console.seal import Curtain
from tocsin.console.widgets.plot import nice_top, raster, short
from tocsin.console.widgets.tiles import slos_now
from tocsin.model import event as e
from tocsin.model.run import RunMeta
from tocsin.tape.follow import TapeFollower

Tell = Callable[[Story], list[e.Event]]


def _reel(tape: Path) -> Reel:
    follower = TapeFollower(tape)
    reel = Reel(follower.meta)
    reel.grow(follower.events(), follower.logs())
    follower.take_samples()
    reel.curves.extend(follower)
    follower.close()
    return reel


def test_a_rising_line_rises_and_nothing_is_drawn_of_what_is_not_known() -> None:
    bits = raster(np.linspace(0.0, 10.0, 40), 10.0, 4, 20)
    assert bits[0, -1] > 0
    assert bits[-1, 0] > 0
    assert bits[0, 0] == bits[-1, -1] == 0
    assert raster(np.full(40, np.nan), 10.0, 4, 20).sum() == 0
    assert raster(np.empty(0), 10.0, 4, 20).sum() == 0


def test_of_many_seconds_in_one_column_the_highest_is_drawn() -> None:
    values = np.zeros(1000)
    values[500] = 10.0
    assert raster(values, 10.0, 4, 20)[0].sum() > 0


@pytest.mark.parametrize(("highest", "top"), [(0.0, 1.0), (0.9, 1.0), (17.0, 20.0), (151.0, 200.0), (100.0, 100.0)])
def test_an_axis_ends_at_a_round_figure(highest: float, top: float) -> None:
    assert nice_top([np.array([highest, np.nan])], 1.0) == top


@pytest.mark.parametrize(
    ("value", "text"), [(float("nan"), "–"), (3.14159, "3.14"), (159.12, "159.1"), (25_000, "25k"), (3_200_000, "3.2M")]
)
def test_figures_are_short(value: float, text: str) -> None:
    assert short(value) == text


def test_curves_grown_second_by_second_are_those_computed_at_once(tape: Path) -> None:
    at_once = _reel(tape).curves
    follower = TapeFollower(tape)
    follower.take_samples()
    grown, last = Curves(follower.meta), follower.whole_seconds
    for second in range(20, last + 1):
        follower._last_sample = second + 1.2
        grown.extend(follower)
    assert grown.seconds == at_once.seconds == last
    for key in (
        ("rate", "scheduled", ""),
        ("latency", "p95", ""),
        ("bad", "availability", ""),
        ("total", "availability", ""),
    ):
        np.testing.assert_allclose(grown.get(*key)[20:], at_once.get(*key)[20:], err_msg=str(key))
    follower.close()


def test_tiles_tell_of_now_and_of_the_budget(tape: Path) -> None:
    reel = _reel(tape)
    before = {slo.name: slo for slo in slos_now(reel.at(90.0))}
    during = {slo.name: slo for slo in slos_now(reel.at(104.0))}
    assert set(before) == {"product-latency", "availability"}  # what nobody asks for has no tile
    assert before["product-latency"].good == 1.0
    assert before["product-latency"].left == pytest.approx(1.0)
    assert during["product-latency"].good == pytest.approx(0.5, abs=0.05)
    left = during["product-latency"].left
    assert left is not None
    assert left < 0.0
    assert during["product-latency"].meaning == "bad"


def test_health_is_a_glance_at_signals(tape: Path) -> None:
    reel = _reel(tape)
    calm = reel.at(90.0)
    assert by_service(calm, health(calm))["coupon-issuer"].look == "well"
    ill = reel.at(104.0)
    looks = health(ill)
    assert by_service(ill, looks)["coupon-issuer"].look == "down"
    assert looks["app->redis"].look == "strained"
    assert by_service(ill, looks)["redis"].look == "well"
    assert by_service(ill, looks)["kafka"].look == "unknown"


def test_winding_back_and_forth_gives_the_same(tape: Path) -> None:
    reel = _reel(tape)
    first = reel.at(100.0)
    stamps, events = first.state.stamps, list(first.events)
    reel.at(157.0)
    again = reel.at(100.0)
    assert again.state.stamps == stamps
    assert again.events == events
    assert again.state.verdict is None


def test_events_that_come_late_are_put_where_they_belong(meta: RunMeta, story: Story, tell: Tell) -> None:
    events = tell(story)
    reel = Reel(meta)
    reel.grow(events[10:], [])
    reel.at(200.0)
    reel.grow(events[:10], [])
    assert reel.at(200.0).events == events


def test_a_sealed_run_shows_no_kind_that_nobody_has_judged(meta: RunMeta, story: Story, tell: Tell) -> None:
    curtain = Curtain(meta, "responder")
    shown = {event.data.kind for event in tell(story) if curtain.shows(event)}
    assert not shown & {"injected", "bit", "lifted", "reverted", "note", "expectation", "residue", "criterion"}
    assert {"phase", "breach", "acknowledged", "verdict"} <= shown
    assert not curtain.shows_log("toxiproxy-1", "anything at all")
    assert curtain.shows_log("app-1", "GET /api/products/1 200")
    assert not curtain.shows_log("app-1", "kafka.consumer_pause")
