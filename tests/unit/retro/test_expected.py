"""What a change should do is worked out from what was measured before it; by hand the same comes out."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import count
from math import log
from pathlib import Path

import pytest

from tocsin.model import event as e
from tocsin.model.drill import Prediction
from tocsin.model.run import RunMeta
from tocsin.retro.comparison.expected import Expected, expected
from tocsin.retro.comparison.side import Side, side_of
from tocsin.tape.store import Sample, Tape, TapeReader

P95 = log(20)
Ask = Callable[..., Expected]


def _phase(name: str, begin: float, end: float, rps: float) -> e.LoadPhase:
    count = int(rps * (end - begin))
    return e.LoadPhase(
        name=name, begin=begin, end=end, level=(rps, rps), scheduled=count, completed=count, failed=0, rps=rps,
        p50_ms=5, p95_ms=20, p99_ms=40, lateness_p99_ms=1, requests={},
    )  # fmt: skip


def _tape(path: Path, meta: RunMeta, used: float, queries: dict[str, float]) -> None:
    """40 s of load: 10 requests/s, then 100 requests/s with ``used`` cores of MySQL."""
    phases = [_phase("calm", 0, 20, 10), _phase("peak", 20, 40, 100)]
    load = e.LoadSummary(
        scheduled=2200, completed=2200, failed=0, rps=55, p50_ms=5, p95_ms=20, p99_ms=40, schedule_lag_ms=1,
        phases=phases,
    )  # fmt: skip
    with Tape.create(path, meta) as tape:
        tape.append(52.0, meta.started + 52.0, load)
        for name, took in queries.items():
            analysed = e.QueryAnalysed(service="mysql", name=name, title=name, took_ms=took, rows_read=9, plan="")
            tape.append(53.0, meta.started + 53.0, analysed)
        for second in range(60):
            since = min(max(second - 10, 0), 40)
            cpu = 0.1 * min(since, 20) + used * max(since - 20, 0)
            counters = {("cpu", "mysql-1"): cpu, ("load_scheduled", "product"): 70.0 * since}
            for part, rate in (("part", 5.0), ("whole", 100.0)):
                counters[f"cache_miss:{part}", "app->redis"] = rate * since
            tape.samples([Sample(*key, {}, float(second), value) for key, value in counters.items()])


@pytest.fixture
def ask(tmp_path: Path, meta: RunMeta) -> Iterator[Ask]:
    """Asks what a p95 of 20 ms should be, the limit of MySQL being another one in the second run."""
    paths = (tmp_path / f"{number}.db" for number in count())
    with ExitStack() as stack:

        def side(limit: float, used: float, queries: dict[str, float]) -> Side:
            path = next(paths)
            _tape(path, meta.model_copy(update={"limits": {"mysql": limit}}), used, queries)
            return side_of("one", stack.enter_context(TapeReader.open(path)))

        def asked(
            prediction: Prediction, *, used: float = 0.5, limit: float = 1.0, then: float = 2.0, **took: float
        ) -> Expected:
            return expected(prediction, 20.0, side(limit, used, took), side(then, used, {}))

        yield asked


def _utilisation(phase: str | None = "peak", figure: str = "p95_ms") -> Prediction:
    return Prediction(figure=figure, phase=phase, utilisation_of="mysql")


def test_a_factor_is_a_factor(ask: Ask) -> None:
    assert ask(Prediction(figure="p95_ms", times=0.5, because="so")) == Expected(10.0, "so")


def test_more_cpu_for_what_has_enough_brings_little(ask: Ask) -> None:
    # 0.5 cores for 100 requests/s are 5 ms each: R = 5 / (1 - 0.5) = 10 ms before, 5 / (1 - 0.25) = 6.7 ms after
    found = ask(_utilisation(), used=0.5, limit=1.0, then=2.0)
    before = min(20.0, P95 * 10.0)
    assert found.value == pytest.approx(20.0 - before + P95 * 5 / 0.75, rel=0.02)
    assert "mysql: 5 ms of CPU per request, use of its limit 50%, then 25%; R = S / (1 - rho)" in found.because
    little = ask(_utilisation(), used=0.1, limit=1.0, then=2.0)
    assert little.value == pytest.approx(20.0 - P95 * (1 / 0.9 - 1 / 0.95), rel=0.02)


def test_the_busiest_phase_is_meant_where_none_is_named(ask: Ask) -> None:
    assert ask(_utilisation(None)) == ask(_utilisation("peak"))
    assert ask(_utilisation("calm"), used=0.9).value != ask(_utilisation("peak"), used=0.9).value


def test_less_cpu_makes_it_slower_and_too_little_cannot_be_said(ask: Ask) -> None:
    slower = ask(_utilisation(figure="p50_ms"), used=0.1, limit=1.0, then=0.2)
    assert slower.value == pytest.approx(20.0 + log(2) * (1 / 0.5 - 1 / 0.9), rel=0.02)
    endless = ask(_utilisation(), used=0.5, limit=1.0, then=0.4)
    assert endless.value is None
    assert "a queue grows without end" in endless.because


def test_what_was_at_its_limit_waited_for_nothing_else(ask: Ask) -> None:
    found = ask(_utilisation(), used=1.0, limit=1.0, then=4.0)
    assert found.value == pytest.approx(P95 * 10 / 0.75, rel=0.02)  # all of the 20 ms were the queue


def test_a_service_that_was_not_measured_gives_no_figure(ask: Ask) -> None:
    found = ask(Prediction(figure="p95_ms", utilisation_of="redis", because="it might"))
    assert found == Expected(None, "it might; use or limit of the CPU of redis was not measured")


def test_another_query_takes_its_share_of_the_time(ask: Ask) -> None:
    prediction = Prediction(figure="p95_ms", request="ranking", queries=("without", "covering"))
    found = ask(prediction, without=100.0, covering=25.0)
    assert found == Expected(5.0, "analysed before: without 100 ms, covering 25 ms")
    assert ask(prediction, without=100.0) == Expected(None, "query covering was not analysed")


def test_what_misses_cost_grows_with_them(ask: Ask) -> None:
    found = ask(Prediction(figure="CPU of mysql", misses=1.0, because="no cache"))
    assert found == Expected(400.0, "no cache; 5 % of cache reads missed before, 100% then")
