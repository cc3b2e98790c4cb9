"""What the shop's HTTP service reports, under the names that Micrometer gives in a Spring Boot service."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics

from shop.pool_metrics import PoolMetrics
from shop.process_metrics import ProcessCollector

_HTTP_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.25, 0.5, 1, 2, 5, 10)
_REDIS_BUCKETS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1)
_KAFKA_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)
_LOCK_BUCKETS = (0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1, 2, 5)
_OUTCOMES = {2: "SUCCESS", 3: "REDIRECTION", 4: "CLIENT_ERROR", 5: "SERVER_ERROR"}
_COMMANDS = ("GET", "HINCRBY", "EVALSHA", "ZREVRANGE")


class AppMetrics:
    """All meters of the HTTP service; every label set that load can produce exists from the start."""

    def __init__(self, redis_remote: str) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self.registry = CollectorRegistry()
        self.registry.register(ProcessCollector())
        self.pool = PoolMetrics(self.registry, "HikariPool-1")
        self._remote = f"/{redis_remote}"
        self._make_http()
        self._make_redis()
        self._make_kafka()
        self._make_shop()

    def _make_http(self) -> None:
        labels = ["uri", "method", "status", "outcome", "exception", "error"]
        self._requests = Histogram(
            "http_server_requests_seconds", "Server time", labels, registry=self.registry, buckets=_HTTP_BUCKETS
        )
        self.active = Gauge("http_server_requests_active_seconds_gcount", "In progress", registry=self.registry)

    def _make_redis(self) -> None:
        self._command = Histogram(
            "lettuce_command_completion_seconds",
            "Time until a Redis command is answered",
            ["command", "local", "remote"],
            registry=self.registry,
            buckets=_REDIS_BUCKETS,
        )
        self._command_errors = Counter(
            "lettuce_command_errors", "Redis commands that failed", ["command"], registry=self.registry
        )
        for command in _COMMANDS:
            self._command.labels(command, "local:any", self._remote)
            self._command_errors.labels(command)

    def _make_kafka(self) -> None:
        template = Histogram(
            "spring_kafka_template_seconds",
            "Time until the broker confirms a record",
            ["result"],
            registry=self.registry,
            buckets=_KAFKA_BUCKETS,
        )
        self.sent_well, self.sent_badly = template.labels("success"), template.labels("failure")
        self.records_sent = Counter("kafka_producer_record_send", "Records sent", registry=self.registry)
        self.records_failed = Counter("kafka_producer_record_error", "Records not confirmed", registry=self.registry)

    def _make_shop(self) -> None:
        self._gets = Counter("cache_gets", "Cache reads", ["cache", "result"], registry=self.registry)
        self.stock_lock = Histogram(
            "shop_stock_lock_seconds",
            "Wait for the row locks of the stock",
            registry=self.registry,
            buckets=_LOCK_BUCKETS,
        )
        self._coupons = Counter("coupon_requests", "Coupon requests", ["result"], registry=self.registry)
        for cache in ("product", "ranking"):
            for result in ("hit", "miss"):
                self._gets.labels(cache, result)
        for result in ("accepted", "sold_out", "duplicate", "unavailable"):
            self._coupons.labels(result)

    def prepare_uri(self, uri: str, method: str) -> None:
        """Let the series of ``uri`` exist before its first request."""
        self._requests.labels(uri, method, "200", "SUCCESS", "none", "none")
        self._requests.labels(uri, method, "503", "SERVER_ERROR", "none", "none")

    def request(self, uri: str, method: str, status: int, exception: str, seconds: float) -> None:
        """Count an answered HTTP request."""
        outcome = _OUTCOMES.get(status // 100, "UNKNOWN")
        self._requests.labels(uri, method, str(status), outcome, exception, exception).observe(seconds)

    def refused(self, method: str) -> None:
        """Count an HTTP request that was refused before it had a route."""
        self._requests.labels("UNKNOWN", method, "503", _OUTCOMES[5], "BusyError", "BusyError").observe(0.0)

    def command(self, command: str, seconds: float) -> None:
        """Count a Redis command, answered or failed, with its time."""
        self._command.labels(command, "local:any", self._remote).observe(seconds)

    def command_failed(self, command: str) -> None:
        """Count a Redis command that failed."""
        self._command_errors.labels(command).inc()

    def cache(self, cache: str, *, hit: bool) -> None:
        """Count a read of a cache."""
        self._gets.labels(cache, "hit" if hit else "miss").inc()

    def coupon(self, result: str) -> None:
        """Count the result of a coupon request."""
        self._coupons.labels(result).inc()
