"""A stack in memory: what faults and remedies do to it can be read back."""

from collections.abc import Mapping, Sequence
from typing import Any

from tocsin.errors import TocsinError
from tocsin.model.stack import Address, Login, Replica, StackReference
from tocsin.model.topology import Edge, ServiceNode, Topology

_SERVICE = ["service.pause", "service.kill", "service.cpu_throttle", "service.memory_limit"]
_SLOW = ["edge.latency"]
_MYSQL = ["mysql.cpu_throttle", "mysql.latency", "mysql.row_lock", "mysql.connection_exhaustion"]
_REDIS = ["redis.latency", "redis.flush", "redis.client_pause", "redis.down", "redis.memory_pressure"]
_EDGE = ["edge.latency", "edge.bandwidth", "edge.reset", "edge.timeout", "edge.down"]

TOPOLOGY = Topology(
    stack="shop",
    services={
        "app": ServiceNode(name="app", component="http", allow=_SERVICE),
        "coupon-issuer": ServiceNode(
            name="coupon-issuer",
            component="consumer",
            replicas=3,
            allow=["kafka.consumer_pause", "kafka.consumer_slow", *_SERVICE],
        ),
        "mysql": ServiceNode(
            name="mysql",
            component="mysql",
            allow=[*_MYSQL, *_SERVICE],
        ),
        "redis": ServiceNode(
            name="redis",
            component="redis",
            allow=[*_REDIS, *_SERVICE],
        ),
        "kafka": ServiceNode(
            name="kafka", component="kafka", allow=["kafka.broker_pause", "kafka.client_quota", *_SERVICE]
        ),
    },
    hooks=["rebuild"],
    edges={
        "app-redis": Edge(name="app-redis", caller="app", callee="redis", proxied=True, allow=_EDGE),
        "app-mysql": Edge(name="app-mysql", caller="app", callee="mysql", proxied=True, allow=_EDGE),
        "issuer-mysql": Edge(
            name="issuer-mysql", caller="coupon-issuer", callee="mysql", proxied=True, allow=["edge.latency"]
        ),
    },
)


class FakeStack:
    """Implements the Protocol Stack without a single process."""

    def __init__(self) -> None:
        self.frozen: set[int] = set()
        self.killed: set[int] = set()
        self.closed: set[str] = set()
        self.counts = {"coupon-issuer": 3, "app": 1, "mysql": 1, "redis": 1, "kafka": 1}
        self.generation = dict.fromkeys(self.counts, 0)
        self.missing: set[str] = set()
        self.planned = dict(self.counts)
        self.planned_limits: dict[str, float | None] = {"mysql": 0.571, "redis": 0.286}
        self.limits: dict[str, float | None] = {"mysql": 0.571, "redis": 0.286}
        self.edge_toxics: dict[str, list[dict[str, Any]]] = {"app-redis": [], "app-mysql": [], "issuer-mysql": []}
        self.switches = {"cache": True, "redis_check": True, "covering_index": True, "shed_load": False}
        self.switches |= {"reserve_stock": False, "stock_in_redis": False, "summary_table": False}
        self.switches |= {"coalesce_misses": False}
        self.planned_switches = dict(self.switches)
        self.hooks: list[str] = []
        self.throttled = (0, 0)
        self.memory: dict[str, int | None] = {"app": 512 << 20}
        self.used = {"app": 100 << 20}
        self.kills: dict[str, int] = {}
        self.address_of: dict[str, Address] = {}
        self.settings: dict[str, dict[str, str]] = {}

    @property
    def reference(self) -> StackReference:
        return StackReference(name="shop", backend="fake", state="")

    @property
    def topology(self) -> Topology:
        return TOPOLOGY

    def replicas(self, service: str) -> list[Replica]:
        found = [
            Replica(service=service, number=n, pid=1000 * self.generation[service] + n, started=1, boot="b")
            for n in range(1, self.counts[service] + 1)
        ]
        return [replica for replica in found if replica.pid not in self.killed]

    def address(self, service: str, port: str = "main", number: int = 1) -> Address:
        return self.address_of.get(service, Address(host="127.0.0.1", port=1))

    @property
    def load_port(self) -> int:
        return 1

    @property
    def load_host(self) -> str:
        return "127.0.0.1"

    def edge_address(self, edge: str) -> Address:
        return self.address_of[edge]

    def is_alive(self, replica: Replica) -> bool:
        return replica in self.replicas(replica.service)

    def freeze(self, replica: Replica) -> None:
        self.frozen.add(replica.pid)

    def thaw(self, replica: Replica) -> None:
        self.frozen.discard(replica.pid)

    def is_frozen(self, replica: Replica) -> bool:
        return self.is_alive(replica) and replica.pid in self.frozen

    def restart(self, service: str, numbers: Sequence[int] | None = None) -> None:
        self.generation[service] += 1

    def scale(self, service: str, replicas: int) -> None:
        self.counts[service] = replicas

    def cpu_limit(self, service: str) -> float | None:
        return self.limits.get(service)

    def set_cpu_limit(self, service: str, cores: float | None) -> None:
        self.limits[service] = cores

    def cpu_throttled(self, service: str) -> tuple[int, int]:
        periods, held = self.throttled
        starved = (self.limits.get(service) or 1.0) < 0.1
        self.throttled = (periods + 5, held + (5 if starved else 0))
        return self.throttled

    def memory_limit(self, service: str) -> int | None:
        return self.memory.get(service)

    def set_memory_limit(self, service: str, limit: int) -> None:
        if self.memory.get(service) is None:
            raise TocsinError(f"{service} is held to no memory limit")
        self.memory[service] = limit

    def memory_used(self, service: str) -> int:
        return self.used.get(service, 0)

    def memory_kills(self, service: str) -> int:
        return self.kills.get(service, 0)

    def kill(self, replica: Replica) -> None:
        self.killed.add(replica.pid)

    def planned_cpu_limit(self, service: str) -> float | None:
        return self.planned_limits.get(service)

    def planned_replicas(self, service: str) -> int:
        return self.planned[service]

    def planned_flags(self) -> dict[str, bool]:
        return dict(self.planned_switches)

    def planned_settings(self, service: str) -> dict[str, str]:
        return dict(self.settings.get(service, {}))

    def edge_enabled(self, edge: str) -> bool | None:
        return None if edge in self.missing else edge not in self.closed

    def set_edge_enabled(self, edge: str, enabled: bool) -> None:  # noqa: FBT001 - the Protocol's signature
        self.missing.discard(edge)
        if enabled:
            self.closed.discard(edge)
        else:
            self.closed.add(edge)

    def toxics(self, edge: str) -> list[dict[str, Any]]:
        if edge in self.missing:
            raise TocsinError(f"the proxy of {edge} is missing")
        return list(self.edge_toxics[edge])

    def add_toxic(self, edge: str, *, name: str, kind: str, stream: str, attributes: Mapping[str, Any]) -> None:
        self.remove_toxic(edge, name)
        self.edge_toxics[edge].append({"name": name, "type": kind, "stream": stream, "attributes": dict(attributes)})

    def remove_toxic(self, edge: str, name: str) -> None:
        self.missing.discard(edge)
        self.edge_toxics[edge] = [toxic for toxic in self.edge_toxics[edge] if toxic["name"] != name]

    def flags(self) -> dict[str, bool]:
        return dict(self.switches)

    def set_flag(self, name: str, value: bool) -> None:  # noqa: FBT001 - the Protocol's signature
        self.switches[name] = value

    def secret(self, placeholder: str) -> str:
        return "secret"

    def login(self, service: str) -> Login:
        return Login(user="shop", password="unlikely", database="shop", socket="mysql.sock")  # noqa: S106 - a fake

    def by_hand(self, holds: str, target: str, replicas: Sequence[Replica], prior: Mapping[str, Any]) -> list[str]:
        return [f"mend the {holds} of {target}"]

    def log_lines(self, seen: dict[str, int]) -> list[tuple[str, str]]:
        return []

    def call_hook(self, name: str, *, timeout: float = 60.0) -> dict[str, Any]:
        self.hooks.append(name)
        return {}
