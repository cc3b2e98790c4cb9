"""Verdicts, exit codes, and the object that ``tocsin run --json`` prints."""

from typing import Any, Literal

from pydantic import Field

from tocsin.model.base import Strict
from tocsin.model.event import LoadPhase

Verdict = Literal["held", "missed", "aborted", "invalid", "unclean"]

EXIT_CODES: dict[Verdict, int] = {"held": 0, "missed": 1, "aborted": 3, "invalid": 4, "unclean": 5}


class Stamps(Strict):
    """Moments of a run in seconds since its start; None when a moment did not come.

    With several injections they are those of the first.
    """

    injected: float | None = None
    bit: float | None = None
    impact: float | None = None
    detected: float | None = None
    acknowledged: float | None = None
    declared: float | None = None
    classified: float | None = None
    first_action: float | None = None
    mitigated: float | None = None
    fault_removed: float | None = None
    resolved: float | None = None


STAMP_DEFINITIONS: dict[str, str] = {
    "injected": "applying the fault returned",
    "bit": "a probe proved that the fault took effect",
    "impact": "first second in which a breached SLI exceeds its budget, not before the fault was in place (counters "
    "are taken to grow evenly between scrapes, so it is known to about one scrape interval); the beginning of the "
    "silence where a silence rule broke and no SLO did",
    "detected": "first page: a detector judged an objective broken",
    "acknowledged": "a responder took the page",
    "declared": "the incident was declared with a severity for the first time",
    "classified": "the hypothesis that was acted on was chosen",
    "first_action": "the first remedy was begun",
    "mitigated": "start of the first 10 s with every SLO met before our own revert",
    "fault_removed": "the fault was gone: lifted by a remedy, or reverted",
    "resolved": "start of the first 30 s with every SLO met and the consumer lag drained, after the breach",
}

DURATION_DEFINITIONS: dict[str, tuple[str, str, str]] = {
    "TTD": ("impact", "detected", "time to detect, as users felt it; nought when the page came before they could"),
    "TTD from injection": ("injected", "detected", "time to detect, from the moment the fault was in place"),
    "TTA": ("detected", "acknowledged", "time to acknowledge"),
    "TTC": ("detected", "classified", "time to classify"),
    "TTM": ("detected", "mitigated", "time to mitigate"),
    "TTR": ("impact", "resolved", "time to resolve"),
}


class InjectionResult(Strict):
    """One injection of the run."""

    id: str
    fault: str
    target: str
    injected: float | None
    bit: float | None
    removed: float | None


class LoadResult(Strict):
    """What the load process counted; times in milliseconds, None when the load never ran to a summary."""

    scheduled: int = 0
    completed: int = 0
    failed: int = 0
    dropped: int = 0
    rps: float = 0.0
    p50_ms: float | None = None
    p95_ms: float | None = None
    p99_ms: float | None = None
    schedule_lag_ms: float | None = None
    lateness_p99_ms: float | None = None
    lateness_max_ms: float | None = None
    phases: list[LoadPhase] = Field(default_factory=list)
    lost_workers: list[str] = Field(default_factory=list)


class RunResult(Strict):
    """The one object that ``tocsin run --json`` prints."""

    run: str
    drill: str
    verdict: Verdict
    stack: str
    seed: int
    tape: str
    document: str
    stamps: Stamps
    injections: list[InjectionResult]
    breaches: list[dict[str, Any]]
    hypotheses: list[dict[str, Any]]
    actions: list[dict[str, Any]]
    expectations: list[dict[str, Any]]
    invariants: list[dict[str, Any]]
    load: LoadResult
    residue: list[str]
