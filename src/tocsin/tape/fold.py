"""Events to the state of a run: pure, the same for console, replay and document."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import singledispatchmethod
from typing import Any

from tocsin.model import event as e
from tocsin.model.hypothesis import Hypothesis
from tocsin.model.run import RunMeta
from tocsin.model.slo import Breach
from tocsin.model.verdict import InjectionResult, LoadResult, RunResult, Stamps, Verdict
from tocsin.tape.people import PeopleState, ranked

_SMEAR = 2.0
"""Seconds that an impact may seem to lie before the injection that caused it."""


@dataclass(frozen=True)
class InjectionState:
    """One injection as it went: seconds since the start, None = it did not come to that."""

    id: str
    fault: str
    cause: str
    target: str
    parameters: dict[str, Any]
    injected: float
    bit: float | None = None
    bite_evidence: str = ""
    lifted: float | None = None
    lifted_by: str = ""
    reverted: float | None = None

    @property
    def removed(self) -> float | None:
        """When the fault was gone: lifted by a remedy, or reverted."""
        return self.lifted if self.lifted is not None else self.reverted


@dataclass(frozen=True)
class ActionState:
    """One remedy: what was predicted, and what was measured."""

    id: str
    remedy: str
    target: str
    parameters: dict[str, Any]
    at: float
    why: str
    before: dict[str, float]
    predicted: dict[str, float]
    grounds: list[str]
    done: float | None = None
    error: str = ""
    measured: dict[str, float] = field(default_factory=dict)
    undone: float | None = None
    who: str = ""
    confirmed: bool = False


@dataclass
class RunState:
    """A run folded from its events; ``felt`` is the breach that the stamp ``impact`` comes from.

    ``hypotheses`` and ``classified`` are the responder's: of people where people respond, and then ``tool_hypotheses``
    and ``tool_classified`` are what the tool thought meanwhile, unseen.
    """

    phase: str = ""
    phases: dict[str, float] = field(default_factory=dict)
    steady: float | None = None
    steady_for: float = 0.0
    stamps: Stamps = field(default_factory=Stamps)
    injections: list[InjectionState] = field(default_factory=list)
    breaches: list[Breach] = field(default_factory=list)
    textbook: dict[str, tuple[float, e.TextbookAlert]] = field(default_factory=dict)
    felt: Breach | None = None
    declarations: list[tuple[float, e.Declared]] = field(default_factory=list)
    hypotheses: list[tuple[float, list[Hypothesis]]] = field(default_factory=list)
    classified: Hypothesis | None = None
    classified_reason: str = ""
    acknowledged_by: str = ""
    tool_hypotheses: list[tuple[float, list[Hypothesis]]] = field(default_factory=list)
    tool_classified: tuple[float, Hypothesis] | None = None
    people: PeopleState = field(default_factory=PeopleState)
    actions: list[ActionState] = field(default_factory=list)
    expectations: list[e.ExpectationJudged] = field(default_factory=list)
    invariants: list[e.InvariantChecked] = field(default_factory=list)
    load: e.LoadSummary | None = None
    criteria: list[e.CriterionJudged] = field(default_factory=list)
    slow_queries: list[e.SlowQueries] = field(default_factory=list)
    commands: list[e.ServerCommands] = field(default_factory=list)
    queries: list[e.QueryAnalysed] = field(default_factory=list)
    residue: list[str] = field(default_factory=list)
    notes: list[tuple[float, str]] = field(default_factory=list)
    aborted: e.AbortRequested | None = None
    cost: e.ToolCost | None = None
    verdict: Verdict | None = None
    reasons: list[str] = field(default_factory=list)

    @property
    def declared(self) -> e.Declared | None:
        """The severity that stands: the newest declaration (the automatic responder only ever raises it)."""
        return self.declarations[-1][1] if self.declarations else None

    @property
    def false_breaches(self) -> list[Breach]:
        """Breaches judged while nothing was broken."""
        first = self.stamps.injected
        return [breach for breach in self.breaches if first is None or breach.at < first]


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


def run_result(state: RunState, meta: RunMeta, tape_path: str, document_path: str) -> RunResult:
    """The object that ``tocsin run --json`` prints."""
    newest = state.hypotheses[-1][1] if state.hypotheses else []
    ranked = _as_of_decision(state) or newest
    load = LoadResult() if state.load is None else LoadResult(**state.load.model_dump(exclude={"kind"}))
    return RunResult(
        run=meta.run,
        drill=meta.drill_name,
        verdict=state.verdict or "aborted",
        stack=meta.backend,
        seed=meta.seed,
        tape=tape_path,
        document=document_path,
        stamps=state.stamps,
        injections=[
            InjectionResult(id=i.id, fault=i.fault, target=i.target, injected=i.injected, bit=i.bit, removed=i.removed)
            for i in state.injections
        ],
        breaches=[breach.model_dump() for breach in state.breaches],
        hypotheses=[h.model_dump(exclude={"evidence"}) | {"evidence": [x.text for x in h.evidence]} for h in ranked],
        actions=[
            {
                "remedy": a.remedy,
                "target": a.target,
                "at": a.at,
                "predicted": a.predicted,
                "measured": a.measured,
                "error": a.error,
            }
            for a in state.actions
        ],
        expectations=[x.model_dump(exclude={"kind"}) for x in state.expectations],
        invariants=[x.model_dump(exclude={"kind"}) for x in state.invariants],
        load=load,
        residue=state.residue,
        criteria=[x.model_dump(exclude={"kind"}) for x in state.criteria],
    )


def _as_of_decision(state: RunState) -> list[Hypothesis]:
    """The ranked list that stood when the hypothesis acted on was chosen."""
    moment = state.stamps.classified
    if moment is None:
        return []
    before = [ranked for t, ranked in state.hypotheses if t <= moment]
    return before[-1] if before else []
