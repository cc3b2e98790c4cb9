"""Events of a run: what stands on the tape, a pydantic union by ``kind``.

One file for each lane, one for what a run measured, and one for what people did over the control socket.

Lanes: ``truth`` is what was really done, ``signal`` what the detectors said, ``belief`` what the responder thought,
``action`` what the responder did, ``run`` the run itself.
"""

from typing import Annotated

from pydantic import Field, TypeAdapter

from tocsin.model.base import Strict
from tocsin.model.event.action import (
    ActionDone,
    ActionMeasured,
    ActionStarted,
    ActionUndone,
)
from tocsin.model.event.belief import (
    Acknowledged,
    Classified,
    Declared,
    Hypotheses,
    Mitigated,
    Resolved,
)
from tocsin.model.event.lane import Lane
from tocsin.model.event.measured import (
    CommandTime,
    LoadFigures,
    LoadPhase,
    LoadSummary,
    QueryAnalysed,
    ServerCommands,
    SlowCommand,
    SlowQueries,
    SlowQuery,
)
from tocsin.model.event.people import (
    DrillPaused,
    DrillResumed,
    HintGiven,
    HintTaken,
    HypothesisStated,
    InjectionOrdered,
    MitigationDeclared,
    PersonAttached,
    PersonDetached,
    PersonNoted,
    RemedyPreviewed,
    ResolutionDeclared,
    UpdatePosted,
)
from tocsin.model.event.run import (
    AbortRequested,
    CriterionJudged,
    ExpectationJudged,
    InvariantChecked,
    Note,
    Phase,
    ResidueFound,
    SteadySatisfied,
    ToolCost,
    VerdictReached,
)
from tocsin.model.event.signal import Breached, TextbookAlert
from tocsin.model.event.truth import (
    Bit,
    Injected,
    Lifted,
    NeverBit,
    Reverted,
)

__all__ = [
    "AbortRequested",
    "Acknowledged",
    "ActionDone",
    "ActionMeasured",
    "ActionStarted",
    "ActionUndone",
    "Bit",
    "Breached",
    "Classified",
    "CommandTime",
    "CriterionJudged",
    "Declared",
    "DrillPaused",
    "DrillResumed",
    "Event",
    "EventData",
    "ExpectationJudged",
    "HintGiven",
    "HintTaken",
    "Hypotheses",
    "HypothesisStated",
    "Injected",
    "InjectionOrdered",
    "InvariantChecked",
    "Lane",
    "Lifted",
    "LoadFigures",
    "LoadPhase",
    "LoadSummary",
    "Mitigated",
    "MitigationDeclared",
    "NeverBit",
    "Note",
    "PersonAttached",
    "PersonDetached",
    "PersonNoted",
    "Phase",
    "QueryAnalysed",
    "RemedyPreviewed",
    "ResidueFound",
    "ResolutionDeclared",
    "Resolved",
    "Reverted",
    "ServerCommands",
    "SlowCommand",
    "SlowQueries",
    "SlowQuery",
    "SteadySatisfied",
    "TextbookAlert",
    "ToolCost",
    "UpdatePosted",
    "VerdictReached",
    "event_data",
]


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
    | SlowQueries
    | ServerCommands
    | QueryAnalysed
    | CriterionJudged
    | InvariantChecked
    | ExpectationJudged
    | ResidueFound
    | AbortRequested
    | ToolCost
    | DrillPaused
    | DrillResumed
    | HintGiven
    | HintTaken
    | HypothesisStated
    | InjectionOrdered
    | MitigationDeclared
    | PersonAttached
    | PersonDetached
    | PersonNoted
    | RemedyPreviewed
    | ResolutionDeclared
    | UpdatePosted
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
