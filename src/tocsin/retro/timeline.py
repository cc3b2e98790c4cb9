"""The timeline of an incident: every line of the tape with its lane, its sentence and the evidence behind it."""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import singledispatch
from typing import Any

from tocsin.model import event as e
from tocsin.model.event import Event, Lane
from tocsin.model.run import RunMeta
from tocsin.model.slo import Breach
from tocsin.retro.rendering import figure
from tocsin.tape.fold import RunState
from tocsin.tape.replay import describe, figures

_LEFT_OUT = (
    e.Phase,
    e.Note,
    e.ToolCost,
    e.LoadSummary,
    e.ExpectationJudged,
    e.InvariantChecked,
    e.SlowQueries,
    e.ServerCommands,
    e.QueryAnalysed,
    e.CriterionJudged,
)
"""Kinds that the document tells elsewhere."""


@dataclass(frozen=True)
class Evidence:
    """A query that a person can check, and the value it had; ``query`` may name a probe or the tape instead."""

    query: str
    value: str


@dataclass(frozen=True)
class Line:
    """One line: seconds since the start, clock time (UTC), lane, sentence and evidence."""

    t: float
    clock: str
    lane: Lane
    text: str
    evidence: Evidence


def timeline(meta: RunMeta, state: RunState, events: list[Event]) -> list[Line]:
    """The lines of an incident document, in the order of their times.

    Mitigation and resolution stand at the moment they began, not at the moment they were recognised.
    """
    lines = [
        Line(_moment(event), _clock(meta, _moment(event)), event.lane, _text(event), _evidence(event, meta, state))
        for event in events
        if not isinstance(event.data, _LEFT_OUT)
    ]
    if state.felt is not None and state.stamps.impact is not None:
        lines.append(_impact(meta, state.felt, state.stamps.impact))
    return sorted(lines, key=lambda line: line.t)


def _impact(meta: RunMeta, breach: Breach, t: float) -> Line:
    if breach.slo in meta.slos.slos:
        text, value = (
            f"impact begins: {breach.slo} exceeds its budget for the first time",
            f"over {breach.threshold:.3g}",
        )
    else:
        text, value = f"silence begins ({breach.slo}); no SLO was judged broken", f"{breach.value:.3g}"
    return Line(t, _clock(meta, t), "signal", text, Evidence(breach.query, value))


def _text(event: Event) -> str:
    """The shared sentence; a remedy's reason is told under Response."""
    data = event.data
    if isinstance(data, e.ActionStarted):
        return f"{data.remedy} of {data.target} begun; predicted: {figures(data.predicted)}"
    return describe(event)


def _moment(event: Event) -> float:
    return event.data.since if isinstance(event.data, e.Mitigated | e.Resolved) else event.t


def _clock(meta: RunMeta, t: float) -> str:
    return datetime.fromtimestamp(meta.started + t, UTC).strftime("%H:%M:%S.%f")[:-5]


def _evidence(event: Event, meta: RunMeta, state: RunState) -> Evidence:
    return _behind(event.data, meta, state)


@singledispatch
def _behind(data: Any, _meta: RunMeta, _state: RunState) -> Evidence:
    return Evidence(f"tape: {data.kind}", "recorded")


@_behind.register
def _(data: e.SteadySatisfied, meta: RunMeta, _state: RunState) -> Evidence:
    return Evidence(f"the {len(meta.slos.slos)} SLOs of slos.yaml", f"met for {data.held_for:g} s")


@_behind.register
def _(data: e.Injected, _meta: RunMeta, _state: RunState) -> Evidence:
    return Evidence(f"ledger: {data.injection}", "applied")


@_behind.register
def _(data: e.Bit, _meta: RunMeta, _state: RunState) -> Evidence:
    return Evidence("bite probe", data.evidence)


@_behind.register
def _(data: e.NeverBit, _meta: RunMeta, _state: RunState) -> Evidence:
    return Evidence("bite probe", data.evidence)


@_behind.register
def _(data: e.Lifted, _meta: RunMeta, _state: RunState) -> Evidence:
    return Evidence("bite probe after the remedy", data.evidence)


@_behind.register
def _(data: e.Reverted, _meta: RunMeta, _state: RunState) -> Evidence:
    return Evidence("residue probe", "; ".join(data.residue) or "nothing left behind")


@_behind.register
def _(data: e.Breached, _meta: RunMeta, _state: RunState) -> Evidence:
    return Evidence(data.breach.query, f"{figure(data.breach.value)} (threshold {figure(data.breach.threshold)})")


@_behind.register
def _(data: e.TextbookAlert, _meta: RunMeta, state: RunState) -> Evidence:
    query = next((breach.query for breach in state.breaches if breach.slo == data.slo), f"the SLO {data.slo}")
    return Evidence(query, f"{data.long_burn:.1f}x and {data.short_burn:.1f}x (threshold 14.4x)")


@_behind.register
def _(data: e.Acknowledged, _meta: RunMeta, state: RunState) -> Evidence:
    return Evidence(f"page for {state.breaches[0].slo}" if state.breaches else "page", f"taken by {data.by}")


@_behind.register
def _(data: e.Declared, _meta: RunMeta, state: RunState) -> Evidence:
    query = next((breach.query for breach in state.breaches if breach.slo == data.slo), f"the SLO {data.slo}")
    return Evidence(query, f"{data.bad_share:.0%} bad")


@_behind.register
def _(data: e.Hypotheses, _meta: RunMeta, _state: RunState) -> Evidence:
    first = next((one.evidence[:1] for one in data.hypotheses if one.evidence), [])
    if not first:
        return Evidence("classifier", "no evidence out of the ordinary")
    return Evidence(first[0].query, f"{figure(first[0].value)}, healthy {figure(first[0].baseline)}")


@_behind.register
def _(data: e.Classified, _meta: RunMeta, _state: RunState) -> Evidence:
    found = data.hypothesis.evidence[:1]
    if not found:
        return Evidence("classifier", f"confidence {data.hypothesis.confidence:.0%}")
    return Evidence(found[0].query, f"{figure(found[0].value)}, healthy {figure(found[0].baseline)}")


@_behind.register
def _(data: e.Mitigated, meta: RunMeta, _state: RunState) -> Evidence:
    return Evidence(f"the {len(meta.slos.slos)} SLOs of slos.yaml", f"met for 10 s from {data.since:.0f} s on")


@_behind.register
def _(data: e.Resolved, meta: RunMeta, _state: RunState) -> Evidence:
    return Evidence(f"the {len(meta.slos.slos)} SLOs and the lag", f"well for 30 s from {data.since:.0f} s on")


@_behind.register
def _(data: e.ActionStarted, _meta: RunMeta, _state: RunState) -> Evidence:
    return Evidence(
        f"ledger: {data.action}", f"{len(data.grounds)} grounds, under Response" if data.grounds else "none"
    )


@_behind.register
def _(data: e.ActionDone, _meta: RunMeta, _state: RunState) -> Evidence:
    return Evidence(f"ledger: {data.action}", data.error or "applied")


@_behind.register
def _(data: e.ActionMeasured, _meta: RunMeta, _state: RunState) -> Evidence:
    return Evidence("samples on the tape, 10 to 20 s after the remedy", f"{len(data.measured)} figures")


@_behind.register
def _(data: e.ActionUndone, _meta: RunMeta, _state: RunState) -> Evidence:
    return Evidence(f"ledger: {data.action}", "reverted")


@_behind.register
def _(data: e.AbortRequested, _meta: RunMeta, _state: RunState) -> Evidence:
    return Evidence("abort", data.reason)


@_behind.register
def _(data: e.ResidueFound, _meta: RunMeta, _state: RunState) -> Evidence:
    return Evidence("residue scan", f"{len(data.residue)} found")


@_behind.register
def _(data: e.VerdictReached, _meta: RunMeta, _state: RunState) -> Evidence:
    return Evidence("expectations and invariants", data.verdict)
