"""The lane of action: what the responder did."""

from typing import Any, ClassVar, Literal

from pydantic import Field

from tocsin.model.base import Strict
from tocsin.model.event.lane import Lane
from tocsin.model.person import Role


class ActionStarted(Strict):
    """A remedy was begun, with the effect predicted from ``grounds`` (figures and formulas).

    ``who`` is empty for the automatic responder; ``confirmed`` says that a person agreed to its danger.
    """

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
    who: str = ""
    role: Role | None = None
    confirmed: bool = False


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
