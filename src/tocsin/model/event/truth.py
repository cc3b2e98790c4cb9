"""The lane of truth: what was really done to the system."""

from typing import Any, ClassVar, Literal

from pydantic import Field

from tocsin.model.base import Strict
from tocsin.model.event.lane import Lane


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
