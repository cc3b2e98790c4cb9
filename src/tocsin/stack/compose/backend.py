"""A stack of containers behind the Protocol: what faults, remedies and probes do to it."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tocsin.errors import BadInput, StackGone
from tocsin.model.stack import Address, Login, Replica, StackReference, same_cores
from tocsin.stack.compose import limits
from tocsin.stack.compose.byhand import ContainersByHand, proxy_places
from tocsin.stack.compose.containers import Containers, published_port, replica_of
from tocsin.stack.compose.engine import NUMBER, SERVICE, Engine, EngineAway, Facts, connect
from tocsin.stack.compose.looks import looks_at, unlisted_of
from tocsin.stack.compose.ready import answering
from tocsin.stack.compose.state import ComposeState, ContainerState
from tocsin.stack.compose.watch import new_lines
from tocsin.stack.composefile import ComposeFile, read_compose_file
from tocsin.stack.kept import KeptStack
from tocsin.stack.patience import insist
from tocsin.stack.planned import write_state
from tocsin.stack.ports import HOST
from tocsin.stack.running import ReplicaLook

BACKEND = "compose"
_PROXY_WITHIN = 15.0
"""Seconds in which a Toxiproxy that has just been started must answer."""
_READY_WITHIN = 90.0
"""Seconds that containers get to be ready after they were started again."""


class ComposeStack(KeptStack[ComposeState]):
    """A running stack of containers; every look asks the engine and re-reads the state file.

    The engine is connected to when it is first needed, so that a person can be told what to type while it is away.
    """

    def __init__(
        self, state_file: Path, compose: ComposeFile, instance: str, engine: Callable[[], Engine] = connect
    ) -> None:
        super().__init__(state_file, compose, instance)
        self._connect = engine

    @classmethod
    def attach(cls, reference: StackReference, engine: Callable[[], Engine] = connect) -> "ComposeStack":
        """Reattach from a reference alone; an engine that is away is no reason to think that the stack is gone.

        Raises:
            StackGone: when that very stack does not exist any more.
        """
        path = Path(reference.state)
        state = ComposeState.read(path)
        if state is None or reference.instance not in ("", state.instance):
            raise _gone(reference)
        try:
            if not engine().containers(state.project, state.instance):
                raise _gone(reference)
        except EngineAway:
            pass  # whoever acts on the stack will be told
        return cls(path, read_compose_file(Path(state.compose)), state.instance, engine)

    def _read(self) -> ComposeState | None:
        return ComposeState.read(self._file)

    @property
    def reference(self) -> StackReference:
        """How another process can attach to it."""
        return StackReference(name=self._compose.name, backend=BACKEND, state=str(self._file), instance=self._instance)

    @property
    def _engine(self) -> Engine:
        return self._connect()

    @property
    def _containers(self) -> Containers:
        return Containers(self._engine, self.state)

    # replicas

    def replicas(self, service: str) -> list[Replica]:
        """Replicas that are alive now, paused ones included, by number."""
        found = [replica_of(facts) for facts in self._containers.of(service) if facts["State"]["Running"]]
        return sorted(found, key=lambda replica: replica.number)

    def is_alive(self, replica: Replica) -> bool:
        """True while this very run of this very container goes on."""
        return self._containers.is_alive(replica)

    def freeze(self, replica: Replica) -> None:
        """Pause the container."""
        self._containers.freeze(replica)

    def thaw(self, replica: Replica) -> None:
        """Unpause the container."""
        self._containers.thaw(replica)

    def is_frozen(self, replica: Replica) -> bool:
        """True while the container is paused."""
        return self._containers.is_frozen(replica)

    def kill(self, replica: Replica) -> None:
        """End the container's processes at once; one that was started again since is another run and is left alone."""
        if self.is_alive(replica):
            self._containers.kill(replica.container)

    def looks(self) -> list[ReplicaLook]:
        """Every container that the stack should have, as it is now."""
        state = self.state
        return looks_at(state, self._compose, self._containers.listed())

    def unlisted(self) -> list[str]:
        """Containers that carry the stack's label and that its state does not list, one line each."""
        return unlisted_of(self.state, self._containers.listed())

    def restart(self, service: str, numbers: Sequence[int] | None = None) -> None:
        """Kill containers and start the same ones again, and wait until they are ready; paused ones are killed too."""
        containers = self._containers
        chosen = [
            str(facts["Id"])
            for facts in containers.of(service)
            if numbers is None or int(facts["Config"]["Labels"][NUMBER]) in numbers
        ]
        containers.again(chosen)
        self._settle(service, chosen)

    def scale(self, service: str, replicas: int) -> None:
        """Make or remove containers until there are ``replicas``; new ones are waited for."""
        if replicas < 1:
            raise BadInput(f"{service} cannot be scaled to {replicas} replicas")
        containers = self._containers
        present = {int(one["Labels"][NUMBER]): one for one in containers.listed() if one["Labels"][SERVICE] == service}
        containers.remove(str(one["Id"]) for number, one in present.items() if number > replicas)
        fresh = containers.add(service, sorted(set(range(1, replicas + 1)) - set(present)))
        self._settle(service, fresh)

    def _settle(self, service: str, fresh: Sequence[str]) -> None:
        """Write down what there is now, wait for what was started, and give Toxiproxy its proxies."""
        state = self.state
        state.containers = Containers(self._engine, state).known()
        write_state(self._file, state)
        self._containers.wait_ready(fresh, answering(self._compose, service), _READY_WITHIN)
        if any(service == node.name and node.component == "proxy" for node in self.topology.services.values()):
            self.make_proxies()

    def make_proxies(self) -> None:
        """Make the proxies that Toxiproxy does not have by itself, as soon as it answers."""
        insist(self._mend_edges, _PROXY_WITHIN)

    def _mend_edges(self) -> None:
        for name, edge in self.topology.edges.items():
            if edge.proxied:
                self._mend_edge(name, *self._proxy_places(name))

    # limits

    def cpu_limit(self, service: str) -> float | None:
        """CPU limit per replica in cores, as it is in force; where replicas differ, the one that is not as planned."""
        found = list(self.cpu_limits(service).values())
        planned = self.planned_cpu_limit(service)
        odd = [limit for limit in found if not same_cores(limit, planned)]
        return odd[0] if odd else next(iter(found), planned)

    def cpu_limits(self, service: str) -> dict[str, float | None]:
        """The limit in force by replica name, in cores; None = unlimited."""
        return {replica_of(one).name: limits.cores_of(one) for one in self._containers.of(service)}

    def set_cpu_limit(self, service: str, cores: float | None) -> None:
        """Set the CPU limit of every container of a service, stopped ones included."""
        for facts in self._known(service):
            limits.set_cores(self._engine, facts, cores)

    def cpu_throttled(self, service: str) -> tuple[int, int]:
        """(periods, throttled periods) so far, summed over replicas."""
        running = [facts for facts in self._containers.of(service) if facts["State"]["Running"]]
        counts = [limits.throttled_of(self._engine.stats(str(facts["Id"]))) for facts in running]
        return sum(count[0] for count in counts), sum(count[1] for count in counts)

    def memory_limit(self, service: str) -> int | None:
        """Memory limit per replica in bytes, as it is in force; None = unlimited."""
        return next((limits.memory_of(facts) for facts in self._known(service)), None)

    def set_memory_limit(self, service: str, limit: int) -> None:
        """Set the memory limit of every container of a service in bytes, stopped ones included."""
        for facts in self._known(service):
            limits.set_memory(self._engine, facts, limit)

    def memory_used(self, service: str) -> int:
        """Bytes that the largest container uses, what is only cached left out."""
        running = [facts for facts in self._containers.of(service) if facts["State"]["Running"]]
        return max((limits.used_of(self._engine.stats(str(facts["Id"]))) for facts in running), default=0)

    def memory_kills(self, service: str) -> int:
        """How many containers of a service were ended for want of memory the last time."""
        return sum(bool(facts["State"].get("OOMKilled")) for facts in self._containers.of(service))

    def _known(self, service: str) -> list[Facts]:
        if service not in self._compose.services:
            raise BadInput(f"unknown service {service!r}")
        return self._containers.of(service)

    # addresses and edges

    def address(self, service: str, port: str = "main", number: int = 1) -> Address:
        """Where a replica listens on loopback, straight and not through an edge."""
        state = self.state
        fixed = state.ports.get(service, {}).get(port)
        if fixed is not None and number == 1:
            return Address(host=HOST, port=fixed)
        inside = (
            self._compose.services[service].container_ports.get(port) if service in state.planned_replicas else None
        )
        one = next((c for c in state.containers if c.service == service and c.number == number), None)
        facts = self._engine.look(one.id) if one is not None and inside is not None else None
        found = published_port(facts, inside) if facts is not None and inside is not None else None
        if found is None:
            raise BadInput(f"{service}-{number} has no port {port!r} on loopback")
        return Address(host=HOST, port=found)

    @property
    def load_host(self) -> str:
        """This machine's address in the stack's network, which nobody else reaches."""
        return self.state.load_host

    def _proxy_places(self, edge: str) -> tuple[Address, Address]:
        return proxy_places(edge, self._compose)

    # the rest

    def login(self, service: str) -> Login:
        """How to log in to the stack's database server; root alone reaches its own socket, through its process."""
        declared = self._database(service)
        socket = self._socket(service, declared.container_socket)
        return Login(
            user=declared.user,
            password=self.secret(declared.password),
            database=declared.name,
            socket=socket,
            administrator=declared.operator if socket else "",
        )

    def _socket(self, service: str, inside: str) -> str:
        """A socket of a container as this machine sees it; empty where it cannot be reached."""
        replica = next(iter(self.replicas(service)), None)
        if not inside or replica is None:
            return ""
        path = Path(f"/proc/{replica.pid}/root{inside}")
        try:
            return str(path) if path.is_socket() else ""
        except OSError:  # not root, or an engine in a machine of its own
            return ""

    def by_hand(self, holds: str, target: str, replicas: Sequence[Replica], prior: Mapping[str, Any]) -> list[str]:
        """Shell commands that undo by hand what an injection took hold of."""
        return ContainersByHand(self.state, self._compose).commands(holds, target, replicas, prior)

    def log_lines(self, seen: dict[str, int]) -> list[tuple[str, str]]:
        """(replica name, line) of what containers have logged since; ``seen`` keeps the time of each last line."""
        return new_lines(self._engine, self.state.containers, seen)

    def adopt(self) -> list[ContainerState]:
        """What the engine says that the stack consists of now."""
        return self._containers.known()


def _gone(reference: StackReference) -> StackGone:
    name = reference.instance or "unnamed"
    return StackGone(f"the stack {reference.name} that was meant ({name}) does not run any more")
