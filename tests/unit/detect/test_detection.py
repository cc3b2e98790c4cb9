"""Windows of the shop to breaches, gates and recovery."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest

from tocsin.detect import Detection, detect, met, mitigated_since, resolved_since, steady
from tocsin.model.signal import Signal
from tocsin.model.slo import SloFile
from tocsin.model.window import Array, SampleWindow

LENGTH = 200
NAN = float("nan")
Changes = Mapping[str, Mapping[str, Array]]
Shop = Callable[..., SampleWindow]


def until(value: float, second: int, then: float, back: int = LENGTH) -> Array:
    """``value``, but ``then`` in the seconds ``second .. back``."""
    row = np.full(LENGTH, value)
    row[second:back] = then
    return row


@pytest.fixture
def shop(make_window: Any) -> Shop:
    """A healthy shop at 60 requests/s, with changed rows put over it; ``gone`` are signals without any data."""

    def build(changes: Changes | None = None, gone: tuple[str, ...] = ()) -> SampleWindow:
        flat = np.full(LENGTH, 1.0)
        requests = ("product", "ranking", "coupon")
        counters: dict[str, dict[str, Array]] = {
            "load_scheduled": dict.fromkeys(requests, 20.0 * flat),
            "load_good": dict.fromkeys(requests, 20.0 * flat),
            "requests_late": dict.fromkeys(requests, 0.0 * flat),
            "coupon_accepted": {"app": 10.0 * flat},
            "coupon_on_time": {"coupon-issuer": 10.0 * flat},
            "redis_commands": {"app->redis": 100.0 * flat},
            "redis_commands_fast": {"app->redis": 99.0 * flat},
            "partition_progress": {f"coupon-issue/{i}": 3.0 * flat for i in range(3)},
        }
        for name in requests:
            counters |= {f"{name}_late": {name: 0.2 * flat}, f"{name}_scheduled": {name: 20.0 * flat}}
        gauges = {
            "targets_up": dict.fromkeys(("app-1", "coupon-issuer-1", "coupon-issuer-2"), flat),
            "partition_lag": {f"coupon-issue/{i}": 2.0 * flat for i in range(3)},
        }
        for part, rows in (changes or {}).items():
            where: dict[str, dict[str, Any]] = gauges if part in gauges else counters
            where[part] = {**where[part], **rows}
        for part in gone:
            counters.pop(part, None)
        return make_window(counters, gauges)  # type: ignore[no-any-return]

    return build


@pytest.fixture
def judge(slo_file: SloFile, signals: dict[str, Signal]) -> Callable[..., Detection]:
    def run(window: SampleWindow, since: float = 30.0) -> Detection:
        return detect(slo_file, signals, window, since=since, at=float(window.end))

    return run


LATE = {"product_late": {"product": until(0.2, 100, 20.0, 140)}}
STALL = {
    "partition_progress": {"coupon-issue/1": until(3.0, 100, 0.0, 140)},
    "partition_lag": {"coupon-issue/1": np.concatenate([np.full(100, 2.0), 2 + 3.0 * np.arange(40), np.full(60, 2.0)])},
}


def test_a_healthy_shop_breaches_nothing(shop: Shop, judge: Any, slo_file: SloFile, signals: Any) -> None:
    found = judge(shop())
    assert found.breaches == []
    assert found.textbook == []
    assert all(state.met for state in found.states.values())
    assert found.silent == {"target_down": [], "goodput": [], "coupon_stall": []}
    assert steady(slo_file, signals, shop(), 60) == []


def test_a_latency_breach_with_all_its_figures(shop: Shop, judge: Any) -> None:
    (breach,) = judge(shop(LATE)).breaches
    assert (breach.slo, breach.rule, breach.severity) == ("product-latency", "cusum", "SEV1")
    assert (breach.impact, breach.second, breach.at) == (100.0, 104.0, 200.0)
    assert breach.value == pytest.approx(1.0)
    assert breach.threshold == pytest.approx(0.05)
    assert breach.query == (
        'sum(rate(load_requests_late_total{request="product",threshold="0.1"}[5s]))'
        ' / sum(rate(load_requests_scheduled_total{request="product"}[5s]))'
    )


def test_a_mild_breach_is_found_by_the_ratio(shop: Shop, judge: Any) -> None:
    (breach,) = judge(shop({"product_late": {"product": until(0.2, 100, 1.6)}})).breaches
    assert (breach.rule, breach.severity, breach.impact) == ("ratio", "SEV3", 100.0)
    assert 114.0 <= breach.second <= 119.0


def test_the_answer_does_not_change_when_time_goes_on(shop: Shop, judge: Any) -> None:
    window = shop(LATE)
    assert judge(window.until(104)).breaches == []
    early, late = judge(window.until(105)).breaches[0], judge(window).breaches[0]
    assert early.model_copy(update={"at": 0.0}) == late.model_copy(update={"at": 0.0})


def test_what_was_before_since_does_not_count(shop: Shop, judge: Any) -> None:
    assert judge(shop(LATE), since=145.0).breaches == []


def test_work_that_nobody_does_misses_its_deadline(shop: Shop, judge: Any) -> None:
    (breach,) = judge(shop({"coupon_on_time": {"coupon-issuer": until(10.0, 100, 0.0)}})).breaches
    assert breach.slo == "coupon-issue-lag"
    assert 100.0 <= breach.impact <= 102.0
    assert "offset 1000ms" in breach.query


def test_a_target_that_answers_no_scrape(shop: Shop, judge: Any) -> None:
    (breach,) = judge(shop({"targets_up": {"coupon-issuer-2": until(1.0, 100, 0.0)}})).breaches
    assert (breach.rule, breach.entity, breach.severity) == ("target_absent", "coupon-issuer-2", "SEV1")
    assert (breach.impact, breach.second) == (100.0, 102.0)
    assert breach.query == 'up{job=~"app|coupon-issuer",instance="coupon-issuer-2"}'


def test_a_target_that_is_missing(shop: Shop, judge: Any) -> None:
    (breach,) = judge(shop({"targets_up": {"app-1": until(1.0, 100, NAN)}})).breaches
    assert breach.entity == "app-1"
    assert breach.second <= 107.0


def test_when_nothing_is_measured_no_target_is_blamed(shop: Shop, judge: Any) -> None:
    names = ("app-1", "coupon-issuer-1", "coupon-issuer-2")
    assert judge(shop({"targets_up": {name: until(1.0, 100, NAN) for name in names}})).breaches == []


def test_two_lost_scrapes_are_no_breach(shop: Shop, judge: Any) -> None:
    assert judge(shop({"targets_up": {"app-1": until(1.0, 100, 0.0, 102)}})).breaches == []


def test_goodput_that_stays_away(shop: Shop, judge: Any) -> None:
    names = ("product", "ranking", "coupon")
    (breach,) = judge(shop({"load_good": {name: until(20.0, 100, 4.0) for name in names}})).breaches
    assert (breach.rule, breach.severity, breach.second) == ("goodput", "SEV1", 104.0)
    assert breach.value == pytest.approx(0.2)


def test_a_partition_that_stands_still(shop: Shop, judge: Any) -> None:
    (breach,) = judge(shop(STALL)).breaches
    assert (breach.rule, breach.entity, breach.severity) == ("stalled", "coupon-issue/1", "SEV2")
    assert 106.0 <= breach.second <= 108.0
    assert breach.value > 20.0


def test_an_idle_partition_is_not_stalled(shop: Shop, judge: Any) -> None:
    idle = {"coupon-issue/1": np.zeros(LENGTH)}
    assert judge(shop({"partition_progress": idle, "partition_lag": idle})).breaches == []


def test_why_it_is_not_steady(shop: Shop, slo_file: SloFile, signals: Any) -> None:
    def reasons(changes: Changes | None = None, **kinds: Any) -> str:
        return "; ".join(steady(slo_file, signals, shop(changes, **kinds), 60))

    assert "10.0% bad" in reasons({"product_late": {"product": until(2.0, 0, 2.0)}})
    assert "paged for" in reasons({"product_late": {"product": until(0.0, 150, 5.0, 158)}})
    assert "target_down: app-1 silent" in reasons({"targets_up": {"app-1": until(1.0, 150, 0.0, 160)}})
    assert "product-latency: data for only 0%" in reasons(gone=("product_late",))
    assert "only 200 s of data" in "; ".join(steady(slo_file, signals, shop(), 300))


def test_met_looks_at_the_whole_stretch(shop: Shop, slo_file: SloFile) -> None:
    slo = slo_file.slos["product-latency"]
    assert met(slo, shop({"product_late": {"product": until(0.0, 195, 8.0, 196)}}))  # 4 % of ten seconds
    assert not met(slo, shop({"product_late": {"product": until(0.2, 190, 5.0)}}))
    assert not met(slo, shop(gone=("product_late",)))


def test_mitigated_when_it_is_over(shop: Shop, slo_file: SloFile, signals: Any) -> None:
    window = shop(LATE)
    assert mitigated_since(slo_file, signals, window.until(149), after=104.0) is None
    assert mitigated_since(slo_file, signals, window.until(151), after=104.0) == 140.0
    assert mitigated_since(slo_file, signals, window, after=104.0) == 140.0


def test_one_noisy_second_is_forgiven_and_flapping_is_not(shop: Shop, slo_file: SloFile, signals: Any) -> None:
    noisy = until(0.2, 100, 20.0, 140)
    noisy[145] = 20.0
    assert mitigated_since(slo_file, signals, shop({"product_late": {"product": noisy}}), after=104.0) == 140.0
    flapping = until(0.2, 100, 20.0, 140)
    flapping[140:170:3] = 10.0
    since = mitigated_since(slo_file, signals, shop({"product_late": {"product": flapping}}), after=104.0)
    assert since == 165.0  # the last bad second, 167, is the one that is forgiven


def test_resolved_waits_for_the_lag(shop: Shop, slo_file: SloFile, signals: Any) -> None:
    lag = np.concatenate([np.full(100, 2.0), np.linspace(2, 200, 40), np.linspace(200, 2, 20), np.full(40, 2.0)])
    changes = {**LATE, "partition_lag": {"coupon-issue/0": lag}}

    def resolved(window: SampleWindow) -> float | None:
        return resolved_since(slo_file, signals, window, after=104.0, baseline=(20, 90))

    assert resolved(shop(LATE)) == 140.0
    assert resolved(shop(LATE).until(165)) is None
    late = resolved(shop(changes))
    assert late is not None
    assert 158.0 <= late <= 162.0


def test_an_empty_window_is_judged_without_complaint(slo_file: SloFile, signals: Any) -> None:
    window = SampleWindow(0, 0, {})
    assert detect(slo_file, signals, window, since=0.0, at=0.0).breaches == []
    assert mitigated_since(slo_file, signals, window, after=0.0) is None
    assert steady(slo_file, signals, window, 60) == ["only 0 s of data, 60 s are needed"]
