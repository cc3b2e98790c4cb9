"""The lane of signals: what the detectors said."""

from typing import ClassVar, Literal

from tocsin.model.base import Strict
from tocsin.model.event.lane import Lane
from tocsin.model.slo import Breach


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
