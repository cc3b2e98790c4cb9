"""What those who take part in a drill may see of its tape while the cause is sealed.

The facilitator sees everything. Everybody else sees neither the lane of truth nor what the tool thinks of the cause,
nor any word of the director that names a fault, until the verdict stands on the tape.
"""

from collections.abc import Iterable
from typing import Protocol

from tocsin.model import event as e
from tocsin.model.drill import Drill, Expectations
from tocsin.model.person import Role
from tocsin.model.run import RunMeta

SEALED_NAME = "sealed"
"""Stands for the name of a blind drill."""
SEALED_TITLE = "A blind drill"

_SPOKEN = (e.Note, e.AbortRequested, e.Phase)
_AFTERWARDS = (e.ExpectationJudged, e.CriterionJudged, e.ResidueFound, e.ToolCost)
_FACILITATORS_OWN = (e.PersonNoted,)


def is_over(events: Iterable[e.Event]) -> bool:
    """True once the verdict is on the tape: the retrospective may show everything."""
    return any(isinstance(event.data, e.VerdictReached) for event in events)


class HasDrill(Protocol):
    """A run's meta, or its plan."""

    @property
    def drill(self) -> Drill:
        """What is played."""
        ...


class Seal:
    """Decides event by event what somebody may see of a run that is going on.

    ``everything``: for the facilitator, and for a run that is over.
    """

    def __init__(self, meta: HasDrill, role: Role, *, over: bool = False) -> None:
        self._everything = over or role == "facilitator"
        self._words = _telling(meta.drill)

    def hides(self, data: e.EventData) -> bool:
        """True when an event must not be shown; the lane of truth and the tool's hidden belief never are."""
        if self._everything:
            return False
        if data.lane == "truth" or isinstance(data, _AFTERWARDS + _FACILITATORS_OWN):
            return True
        if getattr(data, "hidden", False):
            return True
        return isinstance(data, _SPOKEN) and self.tells(data.model_dump_json())

    def tells(self, text: str) -> bool:
        """True when a line of text names a fault of the drill."""
        low = text.lower()
        return not self._everything and any(word in low for word in self._words)


def sealed_meta(meta: RunMeta, role: Role, *, over: bool = False) -> RunMeta:
    """The meta as somebody may see it; of a blind run that is going on, without anything that tells the fault."""
    if over or role == "facilitator" or not meta.drill.blind:
        return meta
    drill = meta.drill.model_copy(
        update={
            "title": SEALED_TITLE, "faults": [], "expect": Expectations(), "variants": {}, "compare": [],
            "settings": {}, "invariants": [], "criteria": [], "analyse": [], "abort_if": None,
        }
    )  # fmt: skip
    return meta.model_copy(update={"drill": drill, "drill_name": SEALED_NAME, "variant": None})


def _telling(drill: Drill) -> list[str]:
    """Words that tell what is broken: the ids of the faults, and the cause that is expected to be named."""
    found = {plan.fault for plan in drill.faults}
    if drill.expect.classified_as is not None:
        found.add(drill.expect.classified_as)
    return sorted(word.lower() for word in found)
