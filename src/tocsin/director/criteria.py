"""Criteria judged at the end of a run, from the load's summary, the samples and the looks at the servers."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from tocsin.model.criterion import Criterion, LoadMeasure, Statistic
from tocsin.model.drill import LoadPlan
from tocsin.model.event import CriterionJudged, LoadFigures, LoadSummary
from tocsin.model.signal import Signal
from tocsin.model.window import Array, SampleWindow
from tocsin.tape.state import RunState


@dataclass(frozen=True)
class Measured:
    """What a run has to be measured by; ``load_started`` in seconds since the start of the run."""

    state: RunState
    signals: Mapping[str, Signal]
    window: SampleWindow
    load_started: float


def judge_criteria(wanted: Mapping[str, Criterion], load: LoadPlan, measured: Measured) -> list[CriterionJudged]:
    """Every criterion with what was measured, in their order."""
    judged = []
    for name, criterion in wanted.items():
        value = _measure(criterion, measured)
        judged.append(
            CriterionJudged(
                name=name,
                title=criterion.title,
                target=criterion.target,
                unit=criterion.unit,
                measured=None if value is None else round(value, 4),
                met=None if value is None else criterion.met_by(value),
                scale=load.scale,
                compress=load.compress,
            )
        )
    return judged


def _measure(criterion: Criterion, m: Measured) -> float | None:
    if criterion.load is not None:
        figures = load_figures(m.state.load, criterion.phase, criterion.request)
        return None if figures is None else load_measure(figures, criterion.load)
    if criterion.signal is not None:
        return _of_signal(criterion, criterion.signal, m)
    if criterion.command is not None:
        rows = [row for one in m.state.commands for row in one.rows if row.command == criterion.command]
        return rows[0].mean_ms if rows else None
    queries = [one for one in m.state.queries if one.name == criterion.query]
    return queries[0].took_ms if queries else None


def load_figures(load: LoadSummary | None, phase: str | None, request: str | None) -> LoadFigures | None:
    """The figures of a phase (the whole load by default) and of a kind of request (all of them by default).

    Of one kind of request over the whole load there are figures only where the load has a single phase.
    """
    if load is None:
        return None
    spans = [one for one in load.phases if phase in (None, one.name)]
    if phase is None and request is None:
        return load
    if len(spans) != 1:
        return None
    return spans[0] if request is None else spans[0].requests.get(request)


def load_measure(figures: LoadFigures, measure: LoadMeasure) -> float | None:
    """One figure; a share of nothing, and a percentile of nothing, is None."""
    if measure == "rps":
        return figures.rps
    if not figures.scheduled:
        return None
    if measure == "good_rps":
        return figures.rps * (figures.scheduled - figures.failed) / figures.completed if figures.completed else 0.0
    if measure == "failed_share":
        return figures.failed / figures.scheduled
    if measure == "dropped_share":
        return figures.dropped / figures.scheduled
    return float(getattr(figures, measure))


def _of_signal(criterion: Criterion, name: str, m: Measured) -> float | None:
    """A statistic of the signal's values per second, over all its entities, while there was load."""
    signal = m.signals.get(name)
    if signal is None:
        return None
    begin, end = _stretch(criterion.phase, m)
    first, last = max(0, int(begin) - m.window.start), max(0, int(end) - m.window.start)
    known: list[Array] = []
    for values in m.window.of(name, signal).values():
        part = values[first:last]
        known.append(part[np.isfinite(part)])
    together = np.concatenate(known) if known else np.empty(0)
    if not together.size:
        return None
    return _statistic(together, criterion.statistic) * criterion.factor


def _statistic(values: Array, statistic: Statistic) -> float:
    if statistic == "mean":
        return float(values.mean())
    return float(values.max()) if statistic == "max" else float(np.percentile(values, 95))


def _stretch(phase: str | None, m: Measured) -> tuple[float, float]:
    spans = [one for one in (m.state.load.phases if m.state.load else []) if one.name == phase]
    if spans:
        return m.load_started + spans[0].begin, m.load_started + spans[0].end
    return m.load_started, float(m.window.end)
