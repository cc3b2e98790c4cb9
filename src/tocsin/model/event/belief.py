"""The lane of belief: what the responder thought.

Where people respond, the tool goes on forming its own opinion for the grading: those events are ``hidden``, and nobody
who takes part is shown them before the retrospective.
"""

from typing import ClassVar, Literal

from pydantic import Field

from tocsin.model.base import Strict
from tocsin.model.event.lane import Lane
from tocsin.model.hypothesis import Hypothesis
from tocsin.model.person import Role
from tocsin.model.slo import DeclaredSeverity


class Opinion(Strict):
    """What the tool thinks; ``hidden`` while people respond."""

    hidden: bool = Field(default=False, description="kept for the grading, not for those who take part")


class Acknowledged(Strict):
    """A responder took the page; ``role`` is None for the automatic one."""

    lane: ClassVar[Lane] = "belief"
    kind: Literal["acknowledged"] = "acknowledged"
    by: str
    role: Role | None = None


class Declared(Strict):
    """The incident was declared with a severity; ``bad_share`` of ``slo`` is what was measured then.

    ``who`` is empty for the automatic responder.
    """

    lane: ClassVar[Lane] = "belief"
    kind: Literal["declared"] = "declared"
    severity: DeclaredSeverity
    bad_share: float
    slo: str
    who: str = ""
    role: Role | None = None


class Hypotheses(Opinion):
    """The classifier's ranked list, whenever it changed."""

    lane: ClassVar[Lane] = "belief"
    kind: Literal["hypotheses"] = "hypotheses"
    hypotheses: list[Hypothesis]


class Classified(Opinion):
    """The hypothesis acted on; ``who`` is empty where the tool chose it."""

    lane: ClassVar[Lane] = "belief"
    kind: Literal["classified"] = "classified"
    hypothesis: Hypothesis
    reason: str
    who: str = ""


class Mitigated(Opinion):
    """The start of the first ten seconds with every SLO met, before our own revert."""

    lane: ClassVar[Lane] = "belief"
    kind: Literal["mitigated"] = "mitigated"
    since: float


class Resolved(Opinion):
    """Every SLO met for 30 s and the lag drained; ``since`` is when those seconds began."""

    lane: ClassVar[Lane] = "belief"
    kind: Literal["resolved"] = "resolved"
    since: float
