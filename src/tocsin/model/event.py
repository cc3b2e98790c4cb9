"""Events of a run: what stands on the tape, a pydantic union by ``kind``.

Lanes: ``truth`` is what was really done, ``signal`` what the detectors said, ``belief`` what the responder thought,
``action`` what the responder did, ``run`` the run itself.
"""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, TypeAdapter

from tocsin.model.base import Strict
from tocsin.model.hypothesis import Hypothesis
from tocsin.model.slo import Breach, Severity

Lane = Literal["truth", "signal", "belief", "action", "run"]


class Phase(Strict):
    """The run entered a phase: stack, load, ramp, steady, drill, recovery, wind-down, done."""

    lane: ClassVar[Lane] = "run"
    kind: Literal["phase"] = "phase"
    name: str
    detail: str = ""


class Note(Strict):
    """Something worth telling: a limit scaled to the host, an early end, a warning."""

    lane: ClassVar[Lane] = "run"
    kind: Literal["note"] = "note"
    text: str


class SteadySatisfied(Strict):
    """Every SLO held for the steady time; ``at`` of every fault counts from here."""

    lane: ClassVar[Lane] = "run"
    kind: Literal["steady_satisfied"] = "steady_satisfied"
    held_for: float


class Injected(Strict):
    """``apply`` of an injection returned."""

    lane: ClassVar[Lane] = "truth"
    kind: Literal["injected"] = "injected"
    injection: str
    fault: str
    cause: str
    target: str
    parameters: dict[str, Any]
    duration: float


class Bit(Strict):
    """The bite probe proved that the injection took effect."""

    lane: ClassVar[Lane] = "truth"
    kind: Literal["bit"] = "bit"
    injection: str
    evidence: str


class NeverBit(Strict):
    """The bite probe never saw an effect."""

    lane: ClassVar[Lane] = "truth"
    kind: Literal["never_bit"] = "never_bit"
    injection: str
    evidence: str


class Lifted(Strict):
    """An operator's remedy took the fault away before its own revert."""

    lane: ClassVar[Lane] = "truth"
    kind: Literal["lifted"] = "lifted"
    injection: str
    by: str
    evidence: str


class Reverted(Strict):
    """``revert`` of an injection returned; ``residue`` is what the probe still found."""

    lane: ClassVar[Lane] = "truth"
    kind: Literal["reverted"] = "reverted"
    injection: str
    by: str = "guardian"
    residue: list[str] = Field(default_factory=list)


class Breached(Strict):
    """A detector judged an objective broken."""

    lane: ClassVar[Lane] = "signal"
    kind: Literal["breach"] = "breach"
    breach: Breach


class TextbookAlert(Strict):
    """The multi-window burn-rate rule (1 h and 5 min at 14.4 times the budget) fired for an SLO."""

    lane: ClassVar[Lane] = "signal"
    kind: Literal["textbook_alert"] = "textbook_alert"
    slo: str
    long_burn: float
    short_burn: float


class Acknowledged(Strict):
    """A responder took the page."""

    lane: ClassVar[Lane] = "belief"
    kind: Literal["acknowledged"] = "acknowledged"
    by: str


class Declared(Strict):
    """The incident was declared with a severity."""

    lane: ClassVar[Lane] = "belief"
    kind: Literal["declared"] = "declared"
    severity: Severity
    bad_share: float
    slo: str


class Hypotheses(Strict):
    """The classifier's ranked list, whenever it changed."""

    lane: ClassVar[Lane] = "belief"
    kind: Literal["hypotheses"] = "hypotheses"
    hypotheses: list[Hypothesis]


class Classified(Strict):
    """The hypothesis acted on."""

    lane: ClassVar[Lane] = "belief"
    kind: Literal["classified"] = "classified"
    hypothesis: Hypothesis
    reason: str


class Mitigated(Strict):
    """The start of the first ten seconds with every SLO met, before our own revert."""

    lane: ClassVar[Lane] = "belief"
    kind: Literal["mitigated"] = "mitigated"
    since: float


class Resolved(Strict):
    """Every SLO met for 30 s and the lag drained; ``since`` is when those seconds began."""

    lane: ClassVar[Lane] = "belief"
    kind: Literal["resolved"] = "resolved"
    since: float


class ActionStarted(Strict):
    """A remedy was begun, with the effect predicted from ``grounds`` (figures and formulas)."""

    lane: ClassVar[Lane] = "action"
    kind: Literal["action_started"] = "action_started"
    action: str
    remedy: str
    target: str
    parameters: dict[str, Any]
    why: str
    before: dict[str, float]
    predicted: dict[str, float]
    grounds: list[str] = Field(default_factory=list)


class ActionDone(Strict):
    """A remedy was carried out, or failed with ``error``."""

    lane: ClassVar[Lane] = "action"
    kind: Literal["action_done"] = "action_done"
    action: str
    seconds: float
    error: str = ""


class ActionMeasured(Strict):
    """What the remedy really did, with the same names as its prediction; a figure that never came is absent."""

    lane: ClassVar[Lane] = "action"
    kind: Literal["action_measured"] = "action_measured"
    action: str
    measured: dict[str, float]


class ActionUndone(Strict):
    """A remedy's change was put back at the end of the run."""

    lane: ClassVar[Lane] = "action"
    kind: Literal["action_undone"] = "action_undone"
    action: str


class LoadFigures(Strict):
    """What became of requests; ages at their end in milliseconds, answered or given up, from when they were due."""

    scheduled: int
    completed: int = Field(description="answered, whatever the status")
    failed: int = Field(description="server errors, requests that were given up, and those that were dropped")
    dropped: int = Field(default=0, description="arrivals that were not started: too many were in flight")
    rps: float = Field(description="completed per second")
    p50_ms: float
    p95_ms: float
    p99_ms: float


class LoadPhase(LoadFigures):
    """The requests that were due in one phase; ``begin`` and ``end`` are seconds of load."""

    name: str
    begin: float
    end: float
    level: tuple[float, float] = Field(description="requests/s or users at its beginning and end, as it was played")
    lateness_p99_ms: float = Field(description="99th percentile of how late the generator itself started requests")
    requests: dict[str, LoadFigures]


class LoadSummary(LoadFigures):
    """What the load process counted over its whole life."""

    lane: ClassVar[Lane] = "run"
    kind: Literal["load_summary"] = "load_summary"
    schedule_lag_ms: float = Field(description="95th percentile of how late the generator itself started requests")
    lateness_p99_ms: float = Field(default=0.0, description="99th percentile of the same")
    lateness_max_ms: float = Field(default=0.0, description="the largest of the same")
    phases: list[LoadPhase] = Field(default_factory=list)
    lost_workers: list[str] = Field(default_factory=list, description="load workers that were lost, and how")


class InvariantChecked(Strict):
    """An invariant was checked against the source of truth."""

    lane: ClassVar[Lane] = "run"
    kind: Literal["invariant"] = "invariant"
    name: str
    met: bool
    detail: str


class ExpectationJudged(Strict):
    """One expectation of the drill beside what was measured."""

    lane: ClassVar[Lane] = "run"
    kind: Literal["expectation"] = "expectation"
    name: str
    want: float | str | bool
    got: float | str | bool | None
    met: bool


class ResidueFound(Strict):
    """The residue scan that ends every run; an empty list is the good answer."""

    lane: ClassVar[Lane] = "run"
    kind: Literal["residue"] = "residue"
    residue: list[str]


class AbortRequested(Strict):
    """Somebody or something ended the run early."""

    lane: ClassVar[Lane] = "run"
    kind: Literal["abort"] = "abort"
    by: str
    reason: str


class ToolCost(Strict):
    """CPU seconds that Tocsin itself (director and guardian) used while the drill ran."""

    lane: ClassVar[Lane] = "run"
    kind: Literal["tool_cost"] = "tool_cost"
    cpu_seconds: float
    wall_seconds: float


class VerdictReached(Strict):
    """How the run ended, and why."""

    lane: ClassVar[Lane] = "run"
    kind: Literal["verdict"] = "verdict"
    verdict: Literal["held", "missed", "aborted", "invalid", "unclean"]
    reasons: list[str]


EventData = Annotated[
    Phase
    | Note
    | SteadySatisfied
    | Injected
    | Bit
    | NeverBit
    | Lifted
    | Reverted
    | Breached
    | TextbookAlert
    | Acknowledged
    | Declared
    | Hypotheses
    | Classified
    | Mitigated
    | Resolved
    | ActionStarted
    | ActionDone
    | ActionMeasured
    | ActionUndone
    | LoadSummary
    | InvariantChecked
    | ExpectationJudged
    | ResidueFound
    | AbortRequested
    | ToolCost
    | VerdictReached,
    Field(discriminator="kind"),
]

event_data: TypeAdapter[EventData] = TypeAdapter(EventData)


class Event(Strict):
    """One line of the tape: ``t`` in seconds since the start of the run, ``wall`` in seconds since the epoch."""

    seq: int
    t: float
    wall: float
    data: EventData

    @property
    def lane(self) -> Lane:
        """Which lane it stands on; follows from the kind."""
        return self.data.lane
