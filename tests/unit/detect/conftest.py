"""Windows with known contents: counters given by their increase per second, gauges by their level."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest

from tocsin.director.objectives import concerning
from tocsin.model.signal import Signal
from tocsin.model.slo import SloFile
from tocsin.model.window import RawSeries, SampleWindow
from tocsin.yamlfile import load_model, read_yaml

SHOP = Path(__file__).parents[3] / "compose" / "shop"
Rows = Mapping[str, Mapping[str, Sequence[float]]]
MakeWindow = Callable[[Rows, Rows], SampleWindow]


@pytest.fixture(scope="session")
def slo_file(signals: dict[str, Signal]) -> SloFile:
    """The shop's objectives under a load of pages, rankings and coupons."""
    return concerning(load_model(SHOP / "slos.yaml", SloFile), signals, ("product", "ranking", "coupon"))


@pytest.fixture(scope="session")
def signals() -> dict[str, Signal]:
    """The shop's signals."""
    content = read_yaml(SHOP / "signals.yaml")["signals"]
    return {name: Signal.model_validate(signal) for name, signal in content.items()}


@pytest.fixture(scope="session")
def make_window() -> MakeWindow:
    """A window from second 0, sampled at whole seconds; a NaN means that there was no sample."""

    def build(counters: Rows, gauges: Rows) -> SampleWindow:
        series = {part: [_counter(e, row) for e, row in rows.items()] for part, rows in counters.items()}
        series |= {part: [_gauge(e, row) for e, row in rows.items()] for part, rows in gauges.items()}
        length = max(len(row) for rows in (*counters.values(), *gauges.values()) for row in rows.values())
        return SampleWindow(0, length, series)

    return build


def _counter(entity: str, increments: Sequence[float]) -> RawSeries:
    values = np.concatenate(([0.0], np.cumsum(np.nan_to_num(increments))))
    known = np.concatenate(([True], np.isfinite(increments)))
    return RawSeries(entity, np.arange(values.size, dtype=np.float64)[known], values[known])


def _gauge(entity: str, levels: Sequence[float]) -> RawSeries:
    values = np.asarray(levels, dtype=np.float64)
    known = np.isfinite(values)
    return RawSeries(entity, np.arange(1, values.size + 1, dtype=np.float64)[known], values[known])
