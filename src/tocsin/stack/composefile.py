"""``compose/<stack>/compose.yaml`` read as the single truth: services, edges, and what the local backend needs."""

import re
from collections.abc import Collection
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator

from tocsin.model.base import Seconds, Strict
from tocsin.model.limits import Limits
from tocsin.model.topology import Edge, ServiceNode, Topology
from tocsin.yamlfile import load_model

_BYTES = {"K": 1024, "M": 1024**2, "G": 1024**3}
_TARGET = re.compile(r"(\d+)(?:/tcp)?$")
"""The container's port at the end of a published one: ``127.0.0.1:8080:80``."""


class _Loose(BaseModel):
    """A part of the compose specification of which only some keys concern Tocsin."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class HttpCheck(Strict):
    """Ready when a GET on ``path`` answers 200."""

    port: str = "main"
    path: str = "/"


class Ready(Strict):
    """How to see that a replica is ready: exactly one of a TCP port, an HTTP path or a Redis PING."""

    tcp: str | None = None
    http: HttpCheck | None = None
    redis: str | None = None


class Prepare(Strict):
    """Fills the data folder once; the result is cached under the content of ``key`` files, command and seed."""

    command: list[str]
    key: list[str] = Field(default_factory=list)
    environment: dict[str, str] = Field(default_factory=dict)
    timeout: Seconds = 120.0


class Render(Strict):
    """A template whose placeholders are filled in at start."""

    source: str = Field(alias="from")
    to: str


class LocalService(Strict):
    """How the local backend runs one replica of a service.

    ``quota`` and ``memory`` hold it to the CPU and the memory limit of its ``deploy`` key. ``refuses`` names faults
    that its program cannot take though the service allows them, each with the reason.
    """

    program: str
    ports: list[str] = Field(default_factory=list)
    prepare: Prepare | None = None
    render: list[Render] = Field(default_factory=list)
    command: list[str]
    environment: dict[str, str] = Field(default_factory=dict)
    ready: Ready
    timeout: Seconds = 30.0
    quota: bool = False
    memory: bool = False
    refuses: dict[str, str] = Field(default_factory=dict)

    @property
    def settings(self) -> list[str]:
        """The names that a drill may set: those of its environment and of the one its data are prepared with."""
        return [*self.environment, *(self.prepare.environment if self.prepare else ())]


class ContainerService(Strict):
    """What a container has beyond what the compose file says of it anyway.

    ``ports`` are reached on loopback, by name. ``targets`` is the folder in which a Prometheus looks for its targets
    (file_sd): there it finds every service with metrics, and the load.
    """

    ports: dict[str, int] = Field(default_factory=dict)
    targets: str | None = None


class Metrics(Strict):
    """Where a replica answers Prometheus."""

    port: str = "main"
    path: str = "/metrics"


class ServiceExtension(Strict):
    """``x-tocsin`` of a service."""

    component: str
    allow: list[str] = Field(default_factory=list)
    metrics: Metrics | None = None
    local: LocalService | None = None
    container: ContainerService | None = None


class _Limits(_Loose):
    cpus: float | None = None
    memory: str | None = None


class _Resources(_Loose):
    limits: _Limits = _Limits()


class _Deploy(_Loose):
    replicas: int = 1
    resources: _Resources = _Resources()


class ComposeService(_Loose):
    """A compose service, as far as Tocsin reads it."""

    image: str | None = None
    deploy: _Deploy = _Deploy()
    depends_on: list[str] | dict[str, Any] = Field(default_factory=list)
    environment: dict[str, Any] = Field(default_factory=dict)
    ports: list[int | str | dict[str, Any]] = Field(default_factory=list)
    profiles: list[str] = Field(default_factory=list)
    build: str | dict[str, Any] | None = None
    extension: ServiceExtension | None = Field(default=None, alias="x-tocsin")

    @field_validator("environment", mode="before")
    @classmethod
    def _as_mapping(cls, given: Any) -> Any:
        """Compose takes a list of ``NAME=value`` as well."""
        return dict(str(line).partition("=")[::2] for line in given) if isinstance(given, list) else given

    @property
    def container_ports(self) -> dict[str, int]:
        """Ports of a container that are reached on loopback, by name; a published one without a name by its number."""
        container = self.extension.container if self.extension else None
        named = dict(container.ports) if container else {}
        published = [port for port in map(_target_port, self.ports) if port is not None]
        if published and "main" not in named:
            named["main"] = published[0]
        return named | {str(port): port for port in published if port not in named.values()}

    @property
    def cpu_limit(self) -> float | None:
        """CPU limit in cores; None = unlimited."""
        return self.deploy.resources.limits.cpus

    @property
    def limited_as_process(self) -> bool:
        """True when the local backend holds its replicas to the CPU limit."""
        return bool(self.extension and self.extension.local and self.extension.local.quota)

    @property
    def memory_limit(self) -> int | None:
        """Memory limit in bytes; None = unlimited."""
        text = self.deploy.resources.limits.memory
        return int(float(text[:-1]) * _BYTES[text[-1].upper()]) if text else None


class EdgeDeclaration(Strict):
    """An edge as the compose file declares it."""

    caller: str
    callee: str
    proxied: bool = False
    listen: int | None = Field(default=None, description="port of the Toxiproxy container on which its proxy listens")
    allow: list[str] = Field(default_factory=list)


class Hook(Strict):
    """An HTTP call that the stack offers to operators."""

    service: str
    method: str = "POST"
    path: str


class FlagsEndpoint(Strict):
    """Where operator flags are read (GET) and changed (PUT), and which there are."""

    service: str
    path: str
    names: list[str]


class Database(Strict):
    """The source of truth, for invariants; the password is a placeholder, never a value.

    ``socket`` is where the server listens on this machine for whoever runs it: the local backend's way in for
    operators, who are let in also when all connections are taken. In a container that is ``container_socket``, for
    the account ``operator``, whom root of this machine reaches.
    """

    service: str
    name: str
    user: str
    password: str
    socket: str = ""
    container_socket: str = ""
    operator: str = ""


class Dashboards(Strict):
    """A Grafana in which drills mark what happens; the password is a placeholder, never a value."""

    service: str
    user: str = "admin"
    password: str


class Entry(Strict):
    """Where load goes."""

    service: str
    port: str = "main"


class StackExtension(Strict):
    """``x-tocsin`` at the top of the compose file."""

    edges: dict[str, EdgeDeclaration] = Field(default_factory=dict)
    hooks: dict[str, Hook] = Field(default_factory=dict)
    flags: FlagsEndpoint | None = None
    database: Database | None = None
    grafana: Dashboards | None = None
    entry: Entry
    limits: Limits = Limits()
    secrets: dict[str, str] = Field(
        default_factory=dict,
        description="variables of the compose file that hold a secret, and its {secret.NAME}",
    )


class ComposeFile(_Loose):
    """The whole file."""

    name: str
    extension: StackExtension = Field(alias="x-tocsin")
    services: dict[str, ComposeService]

    @property
    def local_services(self) -> dict[str, ComposeService]:
        """Services that the local backend runs, in starting order (dependencies first)."""
        ordered: dict[str, ComposeService] = {}
        waiting = {n: s for n, s in self.services.items() if s.extension and s.extension.local}
        while waiting:
            free = [n for n, s in waiting.items() if not set(s.depends_on) & set(waiting)]
            for name in free or list(waiting):
                ordered[name] = waiting.pop(name)
        return ordered

    @property
    def container_services(self) -> dict[str, ComposeService]:
        """Services that Docker Compose starts: those without a profile."""
        return {name: service for name, service in self.services.items() if not service.profiles}

    def with_profiles(self, names: Collection[str]) -> Self:
        """The file with the services of these profiles as if they had none; ``*`` is every profile."""
        services = {
            name: service.model_copy(update={"profiles": []})
            if "*" in names or set(service.profiles) & set(names)
            else service
            for name, service in self.services.items()
        }
        return self.model_copy(update={"services": services})

    @property
    def topology(self) -> Topology:
        """Services and edges."""
        nodes = {
            name: ServiceNode(
                name=name,
                component=service.extension.component,
                replicas=service.deploy.replicas,
                allow=service.extension.allow,
            )
            for name, service in self.services.items()
            if service.extension
        }
        edges = {
            name: Edge(name=name, **edge.model_dump(exclude={"listen"})) for name, edge in self.extension.edges.items()
        }
        return Topology(stack=self.name, services=nodes, edges=edges, hooks=sorted(self.extension.hooks))


def _target_port(published: int | str | dict[str, Any]) -> int | None:
    """The container's side of a published port, short or long syntax; None of a range or of another protocol."""
    if isinstance(published, dict):
        return int(published["target"]) if published.get("protocol", "tcp") == "tcp" else None
    match = _TARGET.search(str(published).rpartition(":")[2])
    return int(match.group(1)) if match and "-" not in str(published).rpartition(":")[2] else None


def read_compose_file(path: Path) -> ComposeFile:
    """Read a stack's compose file.

    Raises:
        BadInput: naming file, line and key of every mistake.
    """
    return load_model(path, ComposeFile)
