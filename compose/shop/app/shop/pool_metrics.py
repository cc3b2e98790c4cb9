"""HikariCP's metric names for a pool of database connections."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Summary

_USAGE_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class PoolMetrics:
    """What one pool of database connections reports; all times in seconds."""

    def __init__(self, registry: CollectorRegistry, pool: str) -> None:
        label = ["pool"]
        self.connections = Gauge("hikaricp_connections", "Open", label, registry=registry).labels(pool)
        self.active = Gauge("hikaricp_connections_active", "In use", label, registry=registry).labels(pool)
        self.idle = Gauge("hikaricp_connections_idle", "Idle", label, registry=registry).labels(pool)
        self.maximum = Gauge("hikaricp_connections_max", "Upper limit", label, registry=registry).labels(pool)
        self.minimum = Gauge("hikaricp_connections_min", "Kept open", label, registry=registry).labels(pool)
        self.pending = Gauge("hikaricp_connections_pending", "Waiting", label, registry=registry).labels(pool)
        self.timeouts = Counter("hikaricp_connections_timeout", "Waits given up", label, registry=registry).labels(pool)
        self.acquire = Summary(
            "hikaricp_connections_acquire_seconds", "Wait for a connection", label, registry=registry
        ).labels(pool)
        self.usage = Histogram(
            "hikaricp_connections_usage_seconds", "Time held", label, registry=registry, buckets=_USAGE_BUCKETS
        ).labels(pool)
