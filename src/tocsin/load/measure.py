"""What the load process counts: SLIs as clients see them, exposed for Prometheus and summed up at the end."""

from array import array
from collections.abc import Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics

from tocsin.load.inflight import LADDER

BUCKETS = (0.005, 0.01, 0.02, 0.035, 0.05, 0.075, 0.1, 0.15, 0.2, 0.35, 0.5, 0.75, 1.0, 2.0, 5.0)
GOOD_WITHIN = 1.0
"""Seconds within which an answer without failure is a good one."""


class Measure:
    """Counters and histograms of one load process; names as in ``docs/metrics.md``."""

    def __init__(self, requests: Sequence[str]) -> None:
        """``requests`` are the names that will occur; all start at nought."""
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self.registry = CollectorRegistry()
        self._latencies = array("f")
        self._lags = array("f")
        self.counts = dict.fromkeys(("scheduled", "started", "completed", "failed", "good"), 0)
        self._counters = {
            what: self._counter(f"load_requests_{what}", f"requests {what}", requests) for what in self.counts
        }
        late = Counter(
            "load_requests_late", "requests older than the threshold, or failed", ["request", "threshold"],
            registry=self.registry,
        )  # fmt: skip
        self._late = {name: [late.labels(name, f"{threshold:g}") for threshold in LADDER] for name in requests}
        duration = Histogram(
            "load_request_duration_seconds", "seconds from the due time to the answer", ["request"], buckets=BUCKETS,
            registry=self.registry,
        )  # fmt: skip
        self._duration = {name: duration.labels(name) for name in requests}
        self._lag = Histogram(
            "load_schedule_lag_seconds", "seconds the generator itself started a request late",
            buckets=(0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1.0), registry=self.registry,
        )  # fmt: skip
        self.in_flight = Gauge("load_requests_in_flight", "requests in flight", registry=self.registry)
        self.users = Gauge("load_users", "virtual users", registry=self.registry)

    def _counter(self, name: str, text: str, requests: Sequence[str]) -> dict[str, Counter]:
        family = Counter(name, text, ["request"], registry=self.registry)
        return {request: family.labels(request) for request in requests}

    def count(self, what: str, request: str) -> None:
        """One more request scheduled, started, completed, failed or good."""
        self.counts[what] += 1
        self._counters[what][request].inc()

    def late(self, request: str, threshold: int) -> None:
        """One more request late for the threshold of that index on the ladder."""
        self._late[request][threshold].inc()

    def took(self, request: str, seconds: float) -> None:
        """How long an answer took."""
        self._duration[request].observe(seconds)
        self._latencies.append(seconds)

    def lagged(self, seconds: float) -> None:
        """How late the generator started a request."""
        self._lag.observe(max(0.0, seconds))
        self._lags.append(max(0.0, seconds))

    def summary(self, elapsed: float) -> dict[str, float]:
        """Totals and percentiles over the whole life; latencies in milliseconds."""
        latencies = sorted(self._latencies)
        return {
            "scheduled": self.counts["scheduled"],
            "completed": self.counts["completed"],
            "failed": self.counts["failed"],
            "rps": round(self.counts["completed"] / elapsed, 2) if elapsed > 0 else 0.0,
            "p50_ms": percentile_ms(latencies, 0.50),
            "p95_ms": percentile_ms(latencies, 0.95),
            "p99_ms": percentile_ms(latencies, 0.99),
            "schedule_lag_ms": percentile_ms(sorted(self._lags), 0.95),
        }


def percentile_ms(ordered: Sequence[float], share: float) -> float:
    """Nearest-rank percentile of ordered seconds, in milliseconds; 0 when there is none."""
    if not ordered:
        return 0.0
    index = min(len(ordered) - 1, max(0, -(-len(ordered) * int(share * 100) // 100) - 1))
    return round(ordered[index] * 1000, 3)
