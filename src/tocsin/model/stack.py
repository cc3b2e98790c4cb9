"""The Protocol both backends implement: everything that faults, remedies and probes may do to a stack."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from pydantic import Field

from tocsin.model.base import Strict
from tocsin.model.topology import Topology


class StackReference(Strict):
    """Enough to reattach to a running stack from another process."""

    name: str
    backend: str
    state: str  # backend's own handle: for local, the path of the state file
    instance: str = ""  # which of the stacks that ever ran there; empty in old records: whichever runs


class Replica(Strict):
    """One running copy of a service.

    ``pid``, ``started`` (clock ticks since boot) and ``boot`` name its leading process for good. Of a
    container, ``container`` is the id and ``started`` the start of this run of it, in microseconds since the epoch.
    """

    service: str
    number: int
    pid: int
    started: int
    boot: str
    container: str = ""

    @property
    def name(self) -> str:
        """``service-number``, as signals name it."""
        return f"{self.service}-{self.number}"


def same_cores(one: float | None, other: float | None) -> bool:
    """Whether two CPU limits are the same; the kernel keeps whole microseconds, so a rounding is no difference."""
    if one is None or other is None:
        return one is other
    return abs(one - other) < 0.001


class Address(Strict):
    """Where something listens; the host is always loopback."""

    host: str
    port: int


class Login(Strict):
    """How a database server lets one in; never logged, never written to a record or to the tape.

    ``socket`` is the server's local socket, where its administrator gets in without a password, also while the server
    takes no connections any more; empty where there is none.
    """

    user: str
    password: str = Field(repr=False)
    database: str
    socket: str = ""
    administrator: str = ""


class Stack(Protocol):
    """A system under test that is running."""

    @property
    def reference(self) -> StackReference:
        """How another process can attach to it."""
        ...

    @property
    def topology(self) -> Topology:
        """Its services and edges."""
        ...

    def replicas(self, service: str) -> list[Replica]:
        """Replicas that are alive now, frozen ones included."""
        ...

    def address(self, service: str, port: str = "main", number: int = 1) -> Address:
        """Where a replica listens, straight and not through an edge."""
        ...

    @property
    def load_port(self) -> int:
        """The port on which Prometheus expects the load process."""
        ...

    @property
    def load_host(self) -> str:
        """The address on which it does: loopback, or this machine's in the stack's own network."""
        ...

    def edge_address(self, edge: str) -> Address:
        """Where an edge's proxy listens."""
        ...

    def is_alive(self, replica: Replica) -> bool:
        """True while this very process exists (a recycled pid is another process)."""
        ...

    def freeze(self, replica: Replica) -> None:
        """Stop a replica from running without ending it; nothing happens when it is gone."""
        ...

    def thaw(self, replica: Replica) -> None:
        """Let a frozen replica run again; nothing happens when it runs or is gone."""
        ...

    def is_frozen(self, replica: Replica) -> bool:
        """True when the replica exists and is frozen."""
        ...

    def restart(self, service: str, numbers: Sequence[int] | None = None) -> None:
        """Kill and start replicas again (all by default) and wait until they are ready."""
        ...

    def scale(self, service: str, replicas: int) -> None:
        """Start or stop replicas until there are ``replicas``; new ones are waited for."""
        ...

    def cpu_limit(self, service: str) -> float | None:
        """CPU limit per replica in cores; None = unlimited."""
        ...

    def set_cpu_limit(self, service: str, cores: float | None) -> None:
        """Set the CPU limit of every replica, in cores; None lifts it."""
        ...

    def planned_cpu_limit(self, service: str) -> float | None:
        """CPU limit per replica in cores that the stack was started with; None = unlimited."""
        ...

    def planned_replicas(self, service: str) -> int:
        """How many replicas of a service the stack was started with."""
        ...

    def planned_flags(self) -> dict[str, bool]:
        """The operator flags as they were when the stack had become ready; empty where that was not recorded."""
        ...

    def planned_settings(self, service: str) -> dict[str, str]:
        """The watched settings of a server as the stack was started with; empty where they were not recorded."""
        ...

    def cpu_throttled(self, service: str) -> tuple[int, int]:
        """(periods, throttled periods) so far, summed over replicas."""
        ...

    def memory_limit(self, service: str) -> int | None:
        """Memory limit per replica in bytes, as it is in force; None = unlimited, or kept by nobody."""
        ...

    def set_memory_limit(self, service: str, limit: int) -> None:
        """Set the memory limit of every replica, in bytes.

        Raises:
            TocsinError: for a service that is held to no limit, or when more than that is in use.
        """
        ...

    def memory_used(self, service: str) -> int:
        """Bytes that the largest replica uses, what is only cached left out."""
        ...

    def memory_kills(self, service: str) -> int:
        """How often replicas were killed for want of memory so far."""
        ...

    def kill(self, replica: Replica) -> None:
        """End a replica at once, as a crash would; nothing happens when it is gone."""
        ...

    def edge_enabled(self, edge: str) -> bool | None:
        """Whether the edge's proxy takes connections; None when the proxy is not there at all."""
        ...

    def set_edge_enabled(self, edge: str, enabled: bool) -> None:  # noqa: FBT001 - a switch
        """Let the edge's proxy take connections, or close it and every connection; a missing proxy is made again."""
        ...

    def toxics(self, edge: str) -> list[dict[str, Any]]:
        """Toxics on an edge as Toxiproxy reports them.

        Raises:
            TocsinError: when the edge's proxy is missing.
        """
        ...

    def add_toxic(self, edge: str, *, name: str, kind: str, stream: str, attributes: Mapping[str, Any]) -> None:
        """Put a toxic on an edge; one of the same name is replaced."""
        ...

    def remove_toxic(self, edge: str, name: str) -> None:
        """Take a toxic off; absent is fine. A missing proxy, or one that hangs, is made again."""
        ...

    def flags(self) -> dict[str, bool]:
        """The operator flags of the stack's application."""
        ...

    def set_flag(self, name: str, value: bool) -> None:  # noqa: FBT001 - a flag's value is a boolean
        """Flip an operator flag at run time."""
        ...

    def secret(self, placeholder: str) -> str:
        """The value behind a ``{secret.NAME}`` placeholder; never logged, never written to the tape."""
        ...

    def login(self, service: str) -> Login:
        """How to log in to a database server of the stack.

        Raises:
            BadInput: when the stack does not say.
        """
        ...

    def by_hand(self, holds: str, target: str, replicas: Sequence[Replica], prior: Mapping[str, Any]) -> list[str]:
        """Shell commands that undo by hand what an injection took hold of."""
        ...

    def log_lines(self, seen: dict[str, int]) -> list[tuple[str, str]]:
        """(replica name, line) of what services have logged since; ``seen`` keeps how far each log was read."""
        ...

    def call_hook(self, name: str, *, timeout: float = 60.0) -> dict[str, Any]:
        """Call one of the stack's hooks (``rebuild``: restore caches from the source of truth)."""
        ...
