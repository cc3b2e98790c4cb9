"""The timeline of an incident: every line of the tape with its lane, its sentence and the evidence behind it."""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import singledispatch
from typing import Any

from tocsin.model import event as e
from tocsin.model.event import Event, Lane
from tocsin.model.hypothesis import Evidence as Observed
from tocsin.model.run import RunMeta
from tocsin.model.slo import Breach
from tocsin.retro.language import ENGLISH, Language
from tocsin.retro.language.events import told
from tocsin.retro.rendering import figure
from tocsin.tape.replay import figures
from tocsin.tape.state import RunState

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


def timeline(meta: RunMeta, state: RunState, events: list[Event], say: Language = ENGLISH) -> list[Line]:
    """The lines of an incident document, in the order of their times.

    Mitigation and resolution stand at the moment they began, not at the moment they were recognised.
    """
    behind = _Behind(meta, state, say)
    lines = [
        Line(_moment(event), _clock(meta, _moment(event)), event.lane, _text(event, say), _behind(event.data, behind))
        for event in events
        if not isinstance(event.data, _LEFT_OUT)
    ]
    if state.felt is not None and state.stamps.impact is not None:
        lines.append(_impact(behind, state.felt, state.stamps.impact))
    return sorted(lines, key=lambda line: line.t)


@dataclass(frozen=True)
class _Behind:
    """What evidence is told from."""

    meta: RunMeta
    state: RunState
    say: Language

    def query(self, slo: str) -> str:
        """What an SLO was judged by."""
        found = (breach.query for breach in self.state.breaches if breach.slo == slo)
        return next(found, self.say("evidence.slo", slo=slo))


def _impact(behind: _Behind, breach: Breach, t: float) -> Line:
    say = behind.say
    if breach.slo in behind.meta.slos.slos:
        text, value = say("timeline.impact", slo=breach.slo), say("timeline.over", threshold=breach.threshold)
    else:
        text, value = say("timeline.silence", slo=breach.slo), f"{breach.value:.3g}"
    return Line(t, _clock(behind.meta, t), "signal", text, Evidence(breach.query, value))


def _text(event: Event, say: Language) -> str:
    """The shared sentence; a remedy's reason is told under Response."""
    data = event.data
    if isinstance(data, e.ActionStarted):
        return say("timeline.begun", remedy=data.remedy, target=data.target, figures=figures(data.predicted))
    return told(event, say)


def _moment(event: Event) -> float:
    return event.data.since if isinstance(event.data, e.Mitigated | e.Resolved) else event.t


def _clock(meta: RunMeta, t: float) -> str:
    return datetime.fromtimestamp(meta.started + t, UTC).strftime("%H:%M:%S.%f")[:-5]


@singledispatch
def _behind(data: Any, behind: _Behind) -> Evidence:
    return Evidence(behind.say("evidence.tape", kind=data.kind), behind.say("evidence.recorded"))


@_behind.register
def _(data: e.SteadySatisfied, behind: _Behind) -> Evidence:
    return Evidence(
        behind.say("evidence.slos", count=len(behind.meta.slos.slos)),
        behind.say("evidence.met_for", seconds=data.held_for),
    )


@_behind.register
def _(data: e.Injected, behind: _Behind) -> Evidence:
    return Evidence(behind.say("evidence.ledger", id=data.injection), behind.say("evidence.applied"))


@_behind.register
def _(data: e.Bit, behind: _Behind) -> Evidence:
    return Evidence(behind.say("evidence.bite"), data.evidence)


@_behind.register
def _(data: e.NeverBit, behind: _Behind) -> Evidence:
    return Evidence(behind.say("evidence.bite"), data.evidence)


@_behind.register
def _(data: e.Lifted, behind: _Behind) -> Evidence:
    return Evidence(behind.say("evidence.bite_after"), data.evidence)


@_behind.register
def _(data: e.Reverted, behind: _Behind) -> Evidence:
    return Evidence(behind.say("evidence.residue_probe"), "; ".join(data.residue) or behind.say("evidence.clean"))


@_behind.register
def _(data: e.Breached, behind: _Behind) -> Evidence:
    value = behind.say("evidence.value", value=figure(data.breach.value), threshold=figure(data.breach.threshold))
    return Evidence(data.breach.query, value)


@_behind.register
def _(data: e.TextbookAlert, behind: _Behind) -> Evidence:
    burns = behind.say("evidence.burns", long=data.long_burn, short=data.short_burn)
    return Evidence(behind.query(data.slo), burns)


@_behind.register
def _(data: e.Acknowledged, behind: _Behind) -> Evidence:
    first = behind.state.breaches[:1]
    page = behind.say("evidence.page_for", slo=first[0].slo) if first else behind.say("evidence.page")
    return Evidence(page, behind.say("evidence.taken", by=data.by))


@_behind.register
def _(data: e.Declared, behind: _Behind) -> Evidence:
    if not data.slo:
        return Evidence(behind.say("evidence.tape", kind=data.kind), behind.say("evidence.recorded"))
    return Evidence(behind.query(data.slo), behind.say("evidence.bad", share=data.bad_share))


@_behind.register
def _(data: e.Hypotheses, behind: _Behind) -> Evidence:
    first = next((one.evidence[:1] for one in data.hypotheses if one.evidence), [])
    if not first:
        return Evidence(behind.say("evidence.classifier"), behind.say("evidence.ordinary"))
    return Evidence(first[0].query, _reading(first[0], behind))


@_behind.register
def _(data: e.Classified, behind: _Behind) -> Evidence:
    found = data.hypothesis.evidence[:1]
    if not found:
        share = behind.say("evidence.confidence", share=data.hypothesis.confidence)
        return Evidence(behind.say("evidence.classifier"), share)
    return Evidence(found[0].query, _reading(found[0], behind))


def _reading(seen: Observed, behind: _Behind) -> str:
    return behind.say("evidence.healthy", value=figure(seen.value), baseline=figure(seen.baseline))


@_behind.register
def _(data: e.Mitigated, behind: _Behind) -> Evidence:
    return Evidence(
        behind.say("evidence.slos", count=len(behind.meta.slos.slos)),
        behind.say("evidence.mitigated", since=data.since),
    )


@_behind.register
def _(data: e.Resolved, behind: _Behind) -> Evidence:
    return Evidence(
        behind.say("evidence.slos_lag", count=len(behind.meta.slos.slos)),
        behind.say("evidence.resolved", since=data.since),
    )


@_behind.register
def _(data: e.ActionStarted, behind: _Behind) -> Evidence:
    grounds = behind.say("evidence.grounds", count=len(data.grounds)) if data.grounds else behind.say("evidence.none")
    return Evidence(behind.say("evidence.ledger", id=data.action), grounds)


@_behind.register
def _(data: e.ActionDone, behind: _Behind) -> Evidence:
    return Evidence(behind.say("evidence.ledger", id=data.action), data.error or behind.say("evidence.applied"))


@_behind.register
def _(data: e.ActionMeasured, behind: _Behind) -> Evidence:
    return Evidence(behind.say("evidence.measured"), behind.say("evidence.figures", count=len(data.measured)))


@_behind.register
def _(data: e.ActionUndone, behind: _Behind) -> Evidence:
    return Evidence(behind.say("evidence.ledger", id=data.action), behind.say("evidence.reverted"))


@_behind.register
def _(data: e.AbortRequested, behind: _Behind) -> Evidence:
    return Evidence(behind.say("evidence.abort"), data.reason)


@_behind.register
def _(data: e.ResidueFound, behind: _Behind) -> Evidence:
    return Evidence(behind.say("evidence.scan"), behind.say("evidence.found", count=len(data.residue)))


@_behind.register
def _(data: e.VerdictReached, behind: _Behind) -> Evidence:
    return Evidence(behind.say("evidence.judged"), data.verdict)
