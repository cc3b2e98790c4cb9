"""Samples to breaches: pure functions over a window of samples, SLOs and signals."""

from tocsin.detect.detection import Detection, detect
from tocsin.detect.met import SloState, bad_for, met
from tocsin.detect.recovery import mitigated_since, resolved_since
from tocsin.detect.steadiness import steady
from tocsin.detect.textbook import BurnAlert

__all__ = [
    "BurnAlert",
    "Detection",
    "SloState",
    "bad_for",
    "detect",
    "met",
    "mitigated_since",
    "resolved_since",
    "steady",
]
