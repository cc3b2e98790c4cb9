"""The lane of the run: its phases, what was checked and judged, and how it ended."""

from typing import ClassVar, Literal

from pydantic import Field

from tocsin.model.base import Strict
from tocsin.model.event.lane import Lane
from tocsin.model.person import Role


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


class CriterionJudged(Strict):
    """A criterion beside what was measured; ``met`` is None when it could not be measured."""

    lane: ClassVar[Lane] = "run"
    kind: Literal["criterion"] = "criterion"
    name: str
    title: str
    target: str
    unit: str
    measured: float | None
    met: bool | None
    scale: float = Field(description="of the load; targets are meant at scale 1, compress 1")
    compress: float


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
    role: Role | None = None


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
