"""A comparison of runs: what differs beyond noise is shown, what does not is not, and predictions are graded."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.conftest import ROOT

from tocsin.errors import BadInput
from tocsin.model import event as e
from tocsin.model.drill import Variant
from tocsin.model.run import RunMeta
from tocsin.retro.comparison import Comparison, compare_runs, write_comparison
from tocsin.retro.comparison.paired import interval, paired
from tocsin.tape.store import Sample, Tape, TapeReader

TEMPLATE = ROOT / "runbooks" / "templates" / "comparison.md.j2"
LOAD = 90
Make = Callable[..., Path]


def _load(p95: float) -> e.LoadSummary:
    return e.LoadSummary(
        scheduled=9000, completed=9000, failed=0, rps=100.0, p50_ms=5.0, p95_ms=p95, p99_ms=80.0, schedule_lag_ms=1.0
    )


@pytest.fixture
def make(tmp_path: Path, meta: RunMeta) -> Make:
    """Makes a tape of a run in which consumers work off 100 records/s by ``each`` apiece."""

    def made(variant: str, *, consumers: int = 1, p95: float = 20.0, latency: float = 0.010, seed: int = 7) -> Path:
        change = {
            "stack.scale": {"coupon-issuer": consumers},
            "predict": [{"figure": "p95_ms", "times": 0.5, "because": "half the wait"}],
        }
        drill = meta.drill.model_copy(update={"variants": {variant: Variant.model_validate(change)}})
        own = meta.model_copy(update={"run": f"run-{variant}-{seed}", "drill": drill, "variant": variant, "seed": seed})
        path = tmp_path / own.run / "tape.db"
        noise = np.random.default_rng(seed).normal(0.0, 0.0002, LOAD + 40)
        with Tape.create(path, own) as tape:
            tape.append(0.0, own.started, e.Phase(name="load"))
            tape.append(150.0, own.started + 150.0, _load(p95))
            tape.append(151.0, own.started + 151.0, e.VerdictReached(verdict="held", reasons=["so"]))
            for second in range(LOAD + 40):
                tape.samples(_second(second, consumers, latency + float(noise[:second].mean() if second else 0.0)))
        return path

    return made


def _second(second: int, consumers: int, latency: float) -> list[Sample]:
    asked = 100.0 * min(second, LOAD)
    done = min(asked, 40.0 * consumers * second)
    counters = {
        ("load_scheduled", "coupon"): asked,
        ("load_completed", "coupon"): asked,
        ("load_failed", "coupon"): 0.0,
        ("load_duration:count", "coupon"): asked,
        ("load_duration:sum", "coupon"): asked * latency,
        ("partition_progress", "coupon-issue/0"): done / 2,
        ("partition_progress", "coupon-issue/1"): done / 2,
        ("cpu", "mysql-1"): 0.2 * second,
    }
    gauges = {(("partition_lag"), f"coupon-issue/{n}"): (asked - done) / 2 for n in (0, 1)}
    return [
        Sample(part, entity, {"n": entity}, float(second), value)
        for (part, entity), value in (counters | gauges).items()
    ]


@pytest.fixture
def compared(make: Make) -> Iterator[Callable[..., Comparison]]:
    """Compares tapes."""
    with ExitStack() as stack:
        yield lambda *paths: compare_runs([stack.enter_context(TapeReader.open(path)) for path in paths])


def test_a_difference_beyond_noise_is_shown_and_none_within_it(make: Make, compared: Callable[..., Comparison]) -> None:
    found = compared(make("one"), make("slow", latency=0.014), make("same", seed=8))
    by_name = {label: {one.name: one for one in rows} for label, rows in found.paired.items()}
    slow, same = by_name["slow"]["mean latency"], by_name["same"]["mean latency"]
    assert slow.differs
    assert slow.low < 4.0 < slow.high
    assert slow.difference == pytest.approx(4.0, abs=0.3)
    assert not same.differs
    assert by_name["slow"]["answers"].difference == pytest.approx(0.0, abs=1e-6)


def test_efficiency_of_more_consumers_is_against_the_first_run(make: Make, compared: Callable[..., Comparison]) -> None:
    found = compared(make("one", consumers=1), make("two", consumers=2))
    assert found.scaling is not None
    first, second = found.scaling.rows
    assert (first.count, second.count, first.partitions) == (1, 2, 2)
    assert first.rate == pytest.approx(40.0, abs=1.0)
    assert second.rate == pytest.approx(80.0, abs=2.0)
    assert second.predicted == pytest.approx(80.0, abs=2.0)
    assert second.efficiency == pytest.approx(1.0, abs=0.03)
    assert (first.judged, second.judged) == ("not scaled", "yes")
    assert first.processing is None  # its backlog was not worked off when the tape ended


def test_more_consumers_than_partitions_are_predicted_to_bring_nothing(
    make: Make, compared: Callable[..., Comparison]
) -> None:
    found = compared(make("two", consumers=2), make("four", consumers=4))
    assert found.scaling is not None
    assert found.scaling.rows[1].predicted == pytest.approx(found.scaling.rows[0].rate)


def test_a_prediction_is_graded_against_what_was_measured(make: Make, compared: Callable[..., Comparison]) -> None:
    found = compared(make("one", p95=20.0), make("two", p95=12.0))
    (outcome,) = found.outcomes
    assert (outcome.before, outcome.predicted, outcome.measured) == (20.0, 10.0, 12.0)
    assert outcome.error == pytest.approx(0.2)


def test_what_differs_beyond_the_variant_is_said(make: Make, compared: Callable[..., Comparison]) -> None:
    assert "seed" in compared(make("one"), make("two", seed=9)).unlike
    assert "seed" not in compared(make("three"), make("four")).unlike


def test_the_document_is_whole_and_the_same_each_time(make: Make, tmp_path: Path) -> None:
    paths = [make("one"), make("two", consumers=2, latency=0.014)]
    with ExitStack() as stack:
        readers = [stack.enter_context(TapeReader.open(path)) for path in paths]
        first = write_comparison(readers, tmp_path / "a", TEMPLATE)
        second = write_comparison(readers, tmp_path / "b", TEMPLATE)
    text = first.read_text(encoding="utf-8")
    assert text == second.read_text(encoding="utf-8")
    assert re.findall(r"\{\{|\}\}|\{%|\bNone\b|\bnan\b|Undefined", text) == []
    used = set(re.findall(r"\]\(([\w-]+\.svg)\)", text))
    assert used == {path.name for path in first.parent.glob("*.svg")}
    assert {"latency.svg", "backlog.svg"} <= used
    for heading in ("## Runs", "## Load", "## Paired differences", "## Predicted and measured", "## Scaling of"):
        assert heading in text


def test_one_run_or_one_without_load_cannot_be_compared(
    make: Make, compared: Callable[..., Comparison], tmp_path: Path, meta: RunMeta
) -> None:
    with pytest.raises(BadInput, match="at least two"):
        compared(make("one"))
    empty = tmp_path / "empty" / "tape.db"
    Tape.create(empty, meta).close()
    with pytest.raises(BadInput, match="no load on its tape"):
        compared(make("two"), empty)


@settings(max_examples=30)
@given(st.lists(st.floats(-5, 5), min_size=12, max_size=60), st.floats(-3, 3))
def test_an_interval_moves_with_its_numbers_and_is_the_same_each_time(values: list[float], shift: float) -> None:
    numbers = np.array(values)
    low, high = interval(numbers)
    assert low <= high
    assert (low, high) == interval(numbers)
    assert list(interval(numbers + shift)) == pytest.approx([low + shift, high + shift], abs=1e-9)


def test_an_interval_of_alike_neighbours_is_wider_than_of_shuffled_ones() -> None:
    """What the blocks are for: a slow wave is not a hundred independent seconds."""
    wave = np.sin(np.arange(120) / 6.0)
    shuffled = np.random.default_rng(1).permutation(wave)
    widths = [high - low for low, high in (interval(wave), interval(shuffled))]
    assert widths[0] > 1.3 * widths[1]


def test_the_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    dice = np.random.default_rng(3)
    covered = 0
    for _ in range(200):
        steps = dice.normal(0, 1, 120)
        low, high = interval(np.convolve(steps, np.ones(4) / 4, mode="same") + 0.5)
        covered += low <= 0.5 <= high
    assert 0.85 <= covered / 200 <= 0.99


def test_seconds_that_one_run_does_not_know_are_left_out() -> None:
    before, after = np.arange(30.0), np.arange(30.0) + 1
    after[:5] = np.nan
    found = paired("x", "ms", before, after)
    assert found is not None
    assert found.seconds == 25
    assert found.difference == pytest.approx(1.0)
    assert paired("x", "ms", before[:9], after) is None
    assert json.dumps(vars(found))
