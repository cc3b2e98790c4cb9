"""What a coupon issuer reports, under the names of spring-kafka's listener and the Kafka client."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics

from shop.config import TOPIC
from shop.pool_metrics import PoolMetrics
from shop.process_metrics import ProcessCollector

_LISTENER = "coupon-issuer"
_LISTENER_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_ISSUE_BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60)


class IssuerMetrics:
    """All meters of one issuer."""

    def __init__(self, client_id: str) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self.registry = CollectorRegistry()
        self.registry.register(ProcessCollector())
        self.pool = PoolMetrics(self.registry, "issuer")
        self._client_id = client_id
        self._listener = Histogram(
            "spring_kafka_listener_seconds",
            "Time taken for a record",
            ["name", "result", "exception"],
            registry=self.registry,
            buckets=_LISTENER_BUCKETS,
        )
        self._issue = Histogram(
            "coupon_issue_seconds", "Acceptance to database row", registry=self.registry, buckets=_ISSUE_BUCKETS
        )
        self._issued = Counter("coupon_issued", "Records worked off", ["result"], registry=self.registry)
        self._lag = Gauge(
            "kafka_consumer_fetch_manager_records_lag",
            "Records behind the high watermark",
            ["client_id", "topic", "partition"],
            registry=self.registry,
        )
        self._put_off = Gauge(
            "kafka_consumer_fetch_manager_fetch_throttle_time_avg",
            "Milliseconds by which the broker put the client's requests off, for a quota",
            ["client_id"],
            registry=self.registry,
        )
        self._consumed = Counter(
            "kafka_consumer_fetch_manager_records_consumed",
            "Records consumed",
            ["client_id", "topic"],
            registry=self.registry,
        ).labels(client_id, TOPIC)
        self._commits = Counter(
            "kafka_consumer_coordinator_commit", "Commit calls", ["client_id"], registry=self.registry
        ).labels(client_id)
        self._commit_time = Counter(
            "kafka_consumer_commit_sync_time_ns", "Nanoseconds in commitSync", ["client_id"], registry=self.registry
        ).labels(client_id)
        self._listener.labels(_LISTENER, "success", "none")
        for result in ("issued", "duplicate", "error"):
            self._issued.labels(result)

    def issued(self, seconds: float) -> None:
        """Count a coupon issued ``seconds`` after its acceptance."""
        self._issue.observe(max(0.0, seconds))
        self._issued.labels("issued").inc()

    def not_issued(self, result: str) -> None:
        """Count a record without a new coupon: ``duplicate`` or ``error``."""
        self._issued.labels(result).inc()

    def listened(self, seconds: float, exception: str = "none") -> None:
        """Count an attempt at a record."""
        result = "success" if exception == "none" else "failure"
        self._listener.labels(_LISTENER, result, exception).observe(seconds)

    def consumed(self, records: int) -> None:
        """Count records taken from the broker."""
        self._consumed.inc(records)

    def committed(self, nanoseconds: int) -> None:
        """Count a commit, well or badly ended, and the time it took."""
        self._commits.inc()
        self._commit_time.inc(nanoseconds)

    def put_off(self, milliseconds: float) -> None:
        """Set the mean time by which the broker has put the client off lately."""
        self._put_off.labels(self._client_id).set(milliseconds)

    def lags(self, lags: dict[int, int]) -> None:
        """Set the lag of each partition assigned now; partitions given away are no longer listed."""
        self._lag.clear()
        for partition, lag in lags.items():
            self._lag.labels(self._client_id, TOPIC, str(partition)).set(lag)
