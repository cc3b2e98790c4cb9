"""What people did over the control socket; each accepted command is one event."""

from typing import Any, ClassVar, Literal

from pydantic import Field

from tocsin.model.event.lane import Lane
from tocsin.model.person import ByPerson


class PersonAttached(ByPerson):
    """Somebody began to watch or take part."""

    lane: ClassVar[Lane] = "run"
    kind: Literal["attached"] = "attached"


class PersonDetached(ByPerson):
    """Somebody left."""

    lane: ClassVar[Lane] = "run"
    kind: Literal["detached"] = "detached"


class HypothesisStated(ByPerson):
    """A person said what they take for the cause, and how sure they are (0 to 1)."""

    lane: ClassVar[Lane] = "belief"
    kind: Literal["hypothesis_stated"] = "hypothesis_stated"
    cause: str
    target: str
    confidence: float = Field(ge=0, le=1)


class MitigationDeclared(ByPerson):
    """A person said that users are well again; what was measured is the event ``mitigated``."""

    lane: ClassVar[Lane] = "belief"
    kind: Literal["mitigation_declared"] = "mitigation_declared"


class ResolutionDeclared(ByPerson):
    """A person said that the incident is over; what was measured is the event ``resolved``."""

    lane: ClassVar[Lane] = "belief"
    kind: Literal["resolution_declared"] = "resolution_declared"


class RemedyPreviewed(ByPerson):
    """A person looked at what a remedy would do."""

    lane: ClassVar[Lane] = "action"
    kind: Literal["remedy_previewed"] = "remedy_previewed"
    remedy: str
    target: str


class UpdatePosted(ByPerson):
    """A status update for those who wait outside the incident."""

    lane: ClassVar[Lane] = "action"
    kind: Literal["update_posted"] = "update_posted"
    text: str


class HintTaken(ByPerson):
    """A responder asked for help; ``cost`` in points of the score."""

    lane: ClassVar[Lane] = "action"
    kind: Literal["hint_taken"] = "hint_taken"
    number: int
    text: str
    cost: float


class HintGiven(ByPerson):
    """The facilitator helped, unasked and at no cost."""

    lane: ClassVar[Lane] = "run"
    kind: Literal["hint_given"] = "hint_given"
    text: str


class PersonNoted(ByPerson):
    """An observation for the retrospective."""

    lane: ClassVar[Lane] = "run"
    kind: Literal["person_noted"] = "person_noted"
    text: str


class InjectionOrdered(ByPerson):
    """The facilitator wants something more broken; ``duration`` in seconds."""

    lane: ClassVar[Lane] = "truth"
    kind: Literal["injection_ordered"] = "injection_ordered"
    injection: str
    fault: str
    target: str
    duration: float
    parameters: dict[str, Any] = Field(default_factory=dict)


class DrillPaused(ByPerson):
    """The drill's clock stands still: nothing planned begins or ends; the load goes on."""

    lane: ClassVar[Lane] = "run"
    kind: Literal["drill_paused"] = "drill_paused"


class DrillResumed(ByPerson):
    """The drill's clock goes on."""

    lane: ClassVar[Lane] = "run"
    kind: Literal["drill_resumed"] = "drill_resumed"
