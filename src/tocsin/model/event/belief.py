"""The lane of belief: what the responder thought."""

from typing import ClassVar, Literal

from tocsin.model.base import Strict
from tocsin.model.event.lane import Lane
from tocsin.model.hypothesis import Hypothesis
from tocsin.model.slo import Severity


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
