"""Events to the state of a run: pure, the same for console, replay and document."""

from collections.abc import Iterable
from dataclasses import replace
from functools import singledispatchmethod
from typing import Any

from tocsin.model import event as e
from tocsin.model.run import RunMeta
from tocsin.tape.people import ranked
from tocsin.tape.state import ActionState, InjectionState, RunState

_SMEAR = 2.0
"""Seconds that an impact may seem to lie before the injection that caused it."""


def fold(meta: RunMeta, events: Iterable[e.Event]) -> RunState:
    """The state after the given events, which must be in the order of their times."""
    folder = Folder(meta)
    for event in sorted(events, key=lambda one: (one.t, one.seq)):
        folder.take(event.data, event.t)
    return folder.state


class Folder:
    """Folds a run event by event, for those who look while it grows; events must come in the order of their times."""

    def __init__(self, meta: RunMeta) -> None:
        self.meta = meta
        self.state = RunState()

    def _stamp(self, **moments: float) -> None:
        """Set moments that have not been set before: single stamps mean the first."""
        fresh = {name: t for name, t in moments.items() if getattr(self.state.stamps, name) is None}
        self.state.stamps = self.state.stamps.model_copy(update=fresh)

    def _injection(self, injection: str, **update: Any) -> None:
        self.state.injections = [
            replace(one, **update) if one.id == injection else one for one in self.state.injections
        ]

    def _action(self, action: str, **update: Any) -> None:
        self.state.actions = [replace(one, **update) if one.id == action else one for one in self.state.actions]

    @singledispatchmethod
    def take(self, data: Any, t: float) -> None:
        """Kinds that change nothing in the state."""

    @take.register
    def _(self, data: e.Phase, t: float) -> None:
        self.state.phase = data.name
        self.state.phases.setdefault(data.name, t)

    @take.register
    def _(self, data: e.Note, t: float) -> None:
        self.state.notes.append((t, data.text))

    @take.register
    def _(self, data: e.SteadySatisfied, t: float) -> None:
        self.state.steady, self.state.steady_for = t, data.held_for

    @take.register
    def _(self, data: e.Injected, t: float) -> None:
        self.state.injections.append(
            InjectionState(data.injection, data.fault, data.cause, data.target, data.parameters, t)
        )
        self._stamp(injected=t)

    @take.register
    def _(self, data: e.Bit, t: float) -> None:
        self._injection(data.injection, bit=t, bite_evidence=data.evidence)
        self._stamp(bit=t)

    @take.register
    def _(self, data: e.Lifted, t: float) -> None:
        self._injection(data.injection, lifted=t, lifted_by=data.by)
        self._stamp(fault_removed=t)

    @take.register
    def _(self, data: e.Reverted, t: float) -> None:
        self._injection(data.injection, reverted=t)
        self._stamp(fault_removed=t)

    @take.register
    def _(self, data: e.Breached, t: float) -> None:
        self.state.breaches.append(data.breach)
        self._stamp(detected=t)
        self._find_impact()

    def _find_impact(self) -> None:
        """The earliest impact of the SLOs judged broken so far; a silence rule counts only while there is none.

        Unlike the other stamps it may still move: the page can come from silence before any SLO is judged broken.
        """
        breaches, slos = self.state.breaches, self.meta.slos.slos
        felt = [breach for breach in breaches if breach.slo in slos] or breaches
        first = min(felt, key=lambda breach: breach.impact)
        impact = self._not_before_the_fault(first.impact)
        self.state.felt = first
        self.state.stamps = self.state.stamps.model_copy(update={"impact": impact})

    def _not_before_the_fault(self, impact: float) -> float:
        """Counters are taken to grow evenly between scrapes, which smears an impact up to two seconds backwards."""
        injected = self.state.stamps.injected
        return injected if injected is not None and injected - _SMEAR <= impact < injected else impact

    @take.register
    def _(self, data: e.TextbookAlert, t: float) -> None:
        self.state.textbook.setdefault(data.slo, (t, data))

    @take.register
    def _(self, data: e.Acknowledged, t: float) -> None:
        self.state.acknowledged_by = self.state.acknowledged_by or data.by
        self._stamp(acknowledged=t)

    @take.register
    def _(self, data: e.Declared, t: float) -> None:
        self.state.declarations.append((t, data))
        self._stamp(declared=t)

    @take.register
    def _(self, data: e.Hypotheses, t: float) -> None:
        told = self.state.tool_hypotheses if data.hidden else self.state.hypotheses
        told.append((t, data.hypotheses))

    @take.register
    def _(self, data: e.HypothesisStated, t: float) -> None:
        self.state.people.stated.append((t, data))
        self.state.hypotheses.append((t, ranked([one for _, one in self.state.people.stated])))

    @take.register
    def _(self, data: e.Classified, t: float) -> None:
        if data.hidden:
            self.state.tool_classified = self.state.tool_classified or (t, data.hypothesis)
            return
        if self.state.classified is None:
            self.state.classified, self.state.classified_reason = data.hypothesis, data.reason
        self._stamp(classified=t)

    @take.register
    def _(self, data: e.Mitigated, _t: float) -> None:
        self._stamp(mitigated=data.since)

    @take.register
    def _(self, data: e.Resolved, _t: float) -> None:
        self._stamp(resolved=data.since)

    @take.register
    def _(self, data: e.ActionStarted, t: float) -> None:
        self.state.actions.append(
            ActionState(
                data.action, data.remedy, data.target, data.parameters, t, data.why, data.before, data.predicted,
                data.grounds, who=data.who, confirmed=data.confirmed,
            )
        )  # fmt: skip
        self._stamp(first_action=t)

    @take.register
    def _(self, data: e.ActionDone, t: float) -> None:
        self._action(data.action, done=t, error=data.error)

    @take.register
    def _(self, data: e.ActionMeasured, _t: float) -> None:
        self._action(data.action, measured=data.measured)

    @take.register
    def _(self, data: e.ActionUndone, t: float) -> None:
        self._action(data.action, undone=t)

    @take.register
    def _(self, data: e.PersonAttached, t: float) -> None:
        self.state.people.arrive(data.who, data.role, t)

    @take.register
    def _(self, data: e.PersonDetached, t: float) -> None:
        self.state.people.leave(data.who, data.role, t)

    @take.register
    def _(self, data: e.RemedyPreviewed, t: float) -> None:
        self.state.people.previews.append((t, data))

    @take.register
    def _(self, data: e.UpdatePosted, t: float) -> None:
        self.state.people.updates.append((t, data))

    @take.register
    def _(self, data: e.HintTaken, t: float) -> None:
        self.state.people.hints.append((t, data))

    @take.register
    def _(self, data: e.HintGiven, t: float) -> None:
        self.state.people.given_hints.append((t, data))

    @take.register
    def _(self, data: e.PersonNoted, t: float) -> None:
        self.state.people.notes.append((t, data))

    @take.register
    def _(self, data: e.InjectionOrdered, t: float) -> None:
        self.state.people.ordered.append((t, data))

    @take.register
    def _(self, data: e.MitigationDeclared, t: float) -> None:
        self.state.people.mitigated.append((t, data))

    @take.register
    def _(self, data: e.ResolutionDeclared, t: float) -> None:
        self.state.people.resolved.append((t, data))

    @take.register
    def _(self, data: e.DrillPaused, t: float) -> None:
        self.state.people.halt(data.who, t)

    @take.register
    def _(self, _data: e.DrillResumed, t: float) -> None:
        self.state.people.go_on(t)

    @take.register
    def _(self, data: e.ExpectationJudged, _t: float) -> None:
        self.state.expectations.append(data)

    @take.register
    def _(self, data: e.InvariantChecked, _t: float) -> None:
        self.state.invariants.append(data)

    @take.register
    def _(self, data: e.CriterionJudged, _t: float) -> None:
        self.state.criteria.append(data)

    @take.register
    def _(self, data: e.SlowQueries, _t: float) -> None:
        self.state.slow_queries.append(data)

    @take.register
    def _(self, data: e.ServerCommands, _t: float) -> None:
        self.state.commands.append(data)

    @take.register
    def _(self, data: e.QueryAnalysed, _t: float) -> None:
        self.state.queries.append(data)

    @take.register
    def _(self, data: e.LoadSummary, _t: float) -> None:
        self.state.load = data

    @take.register
    def _(self, data: e.ResidueFound, _t: float) -> None:
        self.state.residue = data.residue

    @take.register
    def _(self, data: e.AbortRequested, _t: float) -> None:
        self.state.aborted = data

    @take.register
    def _(self, data: e.ToolCost, _t: float) -> None:
        self.state.cost = data

    @take.register
    def _(self, data: e.VerdictReached, _t: float) -> None:
        self.state.verdict, self.state.reasons = data.verdict, data.reasons
