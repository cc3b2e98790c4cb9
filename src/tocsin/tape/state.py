"""The state of a run: what its events have told so far."""

from dataclasses import dataclass, field
from typing import Any

from tocsin.model import event as e
from tocsin.model.hypothesis import Hypothesis
from tocsin.model.slo import Breach
from tocsin.model.verdict import Stamps, Verdict
from tocsin.tape.people import PeopleState


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
