"""The counts of a load for Prometheus, with the names of ``docs/metrics.md``; made up when it asks, not per request."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import accumulate

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString

from tocsin.load.inflight import LADDER
from tocsin.load.measure import Measure
from tocsin.load.tally import BUCKETS, COUNTS, LAG_BUCKETS, Tally


class LoadCollector(Collector):
    """Asks for the counts as they are now, and for the name of the phase that the load is in."""

    def __init__(self, measure: Callable[[], Measure], phases: Sequence[str], phase: Callable[[], str]) -> None:
        self._measure = measure
        self._phases = phases
        self._phase = phase

    def collect(self) -> Iterable[Metric]:
        """Every family."""
        measure = self._measure()
        tallies = {name: measure.of(name) for name in measure.requests}
        yield from _counters(tallies)
        yield _late(tallies)
        yield _durations(tallies)
        lag = measure.lag()
        family = HistogramMetricFamily(
            "load_schedule_lag_seconds", "seconds the generator itself started a request late"
        )
        family.add_metric([], _cumulative(LAG_BUCKETS, lag.buckets), lag.seconds)
        yield family
        yield GaugeMetricFamily("load_requests_in_flight", "requests in flight", measure.in_flight)
        yield GaugeMetricFamily("load_users", "virtual users", measure.users)
        now = self._phase()
        phases = GaugeMetricFamily("load_phase", "1 for the phase that the load is in", labels=["phase"])
        for name in self._phases:
            phases.add_metric([name], float(name == now))
        yield phases


def registry_of(collector: Collector) -> CollectorRegistry:
    """What a metrics endpoint serves."""
    registry = CollectorRegistry()
    registry.register(collector)
    return registry


def _counters(tallies: dict[str, Tally]) -> Iterator[Metric]:
    for what in COUNTS:
        family = CounterMetricFamily(f"load_requests_{what}", f"requests {what}", labels=["request"])
        for name, tally in tallies.items():
            family.add_metric([name], getattr(tally, what))
        yield family


def _late(tallies: dict[str, Tally]) -> Metric:
    text = "requests older than the threshold, or failed"
    family = CounterMetricFamily("load_requests_late", text, labels=["request", "threshold"])
    for name, tally in tallies.items():
        for threshold, count in zip(LADDER, tally.late, strict=True):
            family.add_metric([name, f"{threshold:g}"], count)
    return family


def _durations(tallies: dict[str, Tally]) -> Metric:
    text = "seconds from the due time to the answer"
    family = HistogramMetricFamily("load_request_duration_seconds", text, labels=["request"])
    for name, tally in tallies.items():
        family.add_metric([name], _cumulative(BUCKETS, tally.buckets), tally.seconds)
    return family


def _cumulative(edges: Sequence[float], counts: Sequence[int]) -> list[tuple[str, float]]:
    names = [floatToGoString(edge) for edge in (*edges, float("inf"))]  # type: ignore[no-untyped-call]
    return [(name, float(count)) for name, count in zip(names, accumulate(counts), strict=True)]
