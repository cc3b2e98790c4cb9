"""Criteria are judged by what was measured, and open where nothing was."""

import numpy as np
import pytest
from pydantic import ValidationError

from tocsin.director.criteria import Measured, judge_criteria
from tocsin.model.criterion import Criterion
from tocsin.model.drill import LoadPlan
from tocsin.model.event import CommandTime, LoadPhase, LoadSummary, QueryAnalysed, ServerCommands
from tocsin.model.signal import Signal
from tocsin.model.window import RawSeries, SampleWindow
from tocsin.tape.state import RunState

FIGURES = {"completed": 990, "dropped": 5, "rps": 99.0, "p50_ms": 5.0, "p95_ms": 40.0, "p99_ms": 80.0}
LOAD = LoadPlan(profile="shop_mix", scale=0.2)


def _phase(name: str, begin: float, p95: float) -> LoadPhase:
    own = FIGURES | {"scheduled": 1000, "failed": 20, "p95_ms": p95}
    place = {"name": name, "begin": begin, "end": begin + 10, "level": (1, 1), "lateness_p99_ms": 1.0}
    return LoadPhase.model_validate(own | place | {"requests": {"coupon": own | {"p99_ms": 77.0}}})


@pytest.fixture
def measured() -> Measured:
    state = RunState()
    phases = [_phase("climb", 0.0, 40.0), _phase("hold", 10.0, 140.0)]
    whole = FIGURES | {"scheduled": 2000, "failed": 40, "schedule_lag_ms": 1.0, "phases": phases}
    state.load = LoadSummary.model_validate(whole)
    state.commands = [ServerCommands(service="redis", rows=[CommandTime(command="get", calls=1, mean_ms=0.5)], slow=[])]
    state.queries = [
        QueryAnalysed(service="mysql", name="q", title="q", took_ms=150.0, rows_read=1.0, key="k", plan="{}")
    ]
    ramp = np.arange(0.0, 40.0)
    window = SampleWindow(0, 40, {"level": [RawSeries("redis", ramp, ramp)]})
    return Measured(state, {"level": Signal(gauge="x", entity="redis")}, window, load_started=5.0)


def _judged(measured: Measured, **words: object) -> tuple[float | None, bool | None]:
    criterion = Criterion.model_validate({"title": "t", **words})
    (found,) = judge_criteria({"c": criterion}, LOAD, measured)
    assert (found.scale, found.compress) == (0.2, 1.0)
    return found.measured, found.met


def test_figures_of_the_load_by_phase_and_request(measured: Measured) -> None:
    assert _judged(measured, below=100, load="p95_ms") == (40.0, True)
    assert _judged(measured, below=100, load="p95_ms", phase="hold") == (140.0, False)
    assert _judged(measured, below=100, load="p99_ms", phase="hold", request="coupon") == (77.0, True)
    assert _judged(measured, above=1000, load="rps") == (99.0, False)
    assert _judged(measured, above=98.5, load="good_rps", phase="hold") == (98.0, False)  # 980 of 990 answers were good
    assert _judged(measured, below=0.05, load="failed_share") == (0.02, True)


def test_what_was_not_measured_is_open_and_not_met(measured: Measured) -> None:
    assert _judged(measured, below=100, load="p95_ms", phase="peak") == (None, None)
    assert _judged(measured, below=100, load="p95_ms", request="coupon") == (None, None)  # of which phase?
    assert _judged(measured, below=1, command="zunionstore") == (None, None)
    assert _judged(measured, below=1, signal="level", phase=None, factor=1) != (None, None)


def test_signals_commands_and_queries(measured: Measured) -> None:
    assert _judged(measured, below=30, signal="level", statistic="max", phase="climb") == (15.0, True)
    assert _judged(measured, below=1, command="get") == (0.5, True)
    assert _judged(measured, below=100, query="q") == (150.0, False)


@pytest.mark.parametrize(
    "words",
    [{"below": 1}, {"load": "rps"}, {"below": 1, "above": 2, "load": "rps"}, {"below": 1, "load": "rps", "query": "q"}],
)
def test_a_criterion_has_one_measure_and_one_bound(words: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Criterion.model_validate({"title": "t", **words})
