"""The local stack behind the Protocol: what faults, remedies and probes do to it."""

import contextlib
import getpass
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from tocsin import clock
from tocsin.errors import BadInput, StackGone, TocsinError
from tocsin.model.stack import Address, Login, Replica, StackReference
from tocsin.stack.composefile import read_compose_file
from tocsin.stack.edges import PROXY_COMPONENT
from tocsin.stack.kept import KeptStack
from tocsin.stack.local.byhand import ProcessesByHand
from tocsin.stack.local.cpu import CpuLimits
from tocsin.stack.local.launch import MARK, Launcher
from tocsin.stack.local.logs import new_lines
from tocsin.stack.local.memory import MemoryLimits
from tocsin.stack.local.replicas import Replicas, leader_of
from tocsin.stack.local.startup import check_replicas, make_proxies, save
from tocsin.stack.local.state import ReplicaState, StackState, read_state
from tocsin.stack.local.targets import write_targets
from tocsin.stack.places import LOCAL
from tocsin.stack.ports import HOST, Reservation
from tocsin.stack.process import is_same, marked
from tocsin.stack.readiness import is_ready
from tocsin.stack.running import ReplicaLook


class LocalStack(KeptStack[StackState]):
    """A running local stack."""

    @classmethod
    def attach(cls, reference: StackReference) -> "LocalStack":
        """Reattach from a reference alone.

        Raises:
            StackGone: when that very stack does not exist any more.
            TocsinError: when its processes are there and its state file is not.
        """
        path = Path(reference.state)
        state = read_state(path)
        ours = state is not None and reference.instance in ("", state.instance)
        instance = state.instance if state is not None and ours else reference.instance
        if not instance or not marked(MARK, instance):
            raise StackGone(
                f"the stack {reference.name} that was meant ({instance or 'unnamed'}) does not run any more"
            )
        if state is None or not ours:
            hint = f"`tocsin down {reference.name}` or `tocsin recover` ends them."
            raise TocsinError(f"processes of the stack {reference.name} run, but {path} does not list them", hint=hint)
        return cls(path, read_compose_file(Path(state.compose)), instance)

    def _read(self) -> StackState | None:
        return read_state(self._file)

    @property
    def reference(self) -> StackReference:
        """How another process can attach to it."""
        instance = self._instance or self.state.instance
        return StackReference(name=self._compose.name, backend=LOCAL, state=str(self._file), instance=instance)

    # replicas

    def replicas(self, service: str) -> list[Replica]:
        """Replicas that are alive now, frozen ones included, by number."""
        found = [replica.replica for replica in self.state.replicas if replica.service == service]
        return sorted((replica for replica in found if self.is_alive(replica)), key=lambda replica: replica.number)

    def is_alive(self, replica: Replica) -> bool:
        """True while this very process exists."""
        return is_same(leader_of(replica))

    def freeze(self, replica: Replica) -> None:
        """SIGSTOP to every process of the replica's session, the leader first."""
        Replicas(self.state).freeze(replica)

    def thaw(self, replica: Replica) -> None:
        """SIGCONT to every process of the replica's session, also when its leader is dead."""
        Replicas(self.state).thaw(replica)

    def is_frozen(self, replica: Replica) -> bool:
        """True when a process of the replica is stopped, and not just for a moment by its CPU limit."""
        return Replicas(self.state).is_frozen(replica)

    def kill(self, replica: Replica) -> None:
        """SIGKILL to every process of the replica's session."""
        Replicas(self.state).kill(replica)

    def looks(self) -> list[ReplicaLook]:
        """Every replica that the state file lists, as it is now."""
        return [
            ReplicaLook(one.service, one.name, self._how(one.replica), f"pid {one.pid}", one.pid, one.ports)
            for one in self.state.replicas
        ]

    def _how(self, replica: Replica) -> Literal["running", "frozen", "gone"]:
        if self.is_frozen(replica):
            return "frozen"
        return "running" if self.is_alive(replica) else "gone"

    def unlisted(self) -> list[str]:
        """Processes that carry the stack's mark and that its state does not list, one line each."""
        return Replicas(self.state).unlisted()

    def restart(self, service: str, numbers: Sequence[int] | None = None) -> None:
        """Kill and start replicas again and wait until they are ready; frozen ones are killed at once.

        Whatever else runs under the name of a replica, started by somebody who died before writing it down, is ended
        before a new one starts.
        """
        state = self.state
        chosen = [r for r in state.replicas if r.service == service and (numbers is None or r.number in numbers)]
        limit = self._kept_limit(state, service)
        processes = Replicas(state)
        for old in chosen:
            processes.end(old, grace=0.0 if processes.is_frozen(old.replica) else 5.0)
        launcher = Launcher(state, self._compose)
        fresh = [self._start(launcher, service, old.number) for old in chosen]
        self._settle(launcher, service, fresh, limit)
        if self._compose.topology.services[service].component == PROXY_COMPONENT:
            make_proxies(launcher, fresh[0].ports["main"])

    def scale(self, service: str, replicas: int) -> None:
        """Start or stop replicas until there are ``replicas``; new ones are waited for."""
        if replicas < 1:
            raise BadInput(f"{service} cannot be scaled to {replicas} replicas")
        state = self.state
        launcher = Launcher(state, self._compose)
        limit = self._kept_limit(state, service)
        present = sorted((r for r in state.replicas if r.service == service), key=lambda r: r.number)
        processes = Replicas(state)
        for extra in present[replicas:]:
            processes.end(extra, grace=5.0)
            state.replicas = [r for r in state.replicas if r.name != extra.name]
        fresh = []
        names = launcher.local(service).ports
        with Reservation() as reservation:
            drawn = iter(reservation.draw(len(names) * max(0, replicas - len(present))))
            for number in range(len(present) + 1, replicas + 1):
                state.ports[f"{service}-{number}"] = {name: next(drawn) for name in names}
                fresh.append(self._start(launcher, service, number))
            self._settle(launcher, service, fresh, limit)

    def _start(self, launcher: Launcher, service: str, number: int) -> ReplicaState:
        """Start one replica under a name that nobody else bears then, and write it down at once."""
        state = launcher.state
        Replicas(state).clear(f"{service}-{number}")
        fresh = launcher.start(service, number)
        state.replicas = [r for r in state.replicas if r.name != fresh.name] + [fresh]
        save(launcher)
        return fresh

    def _kept_limit(self, state: StackState, service: str) -> float | None:
        """The limit in force, which new replicas are to have too; where none is (any more), the planned one."""
        now = CpuLimits(state).of(service)
        return state.planned_limits.get(service) if now is None else now

    def _settle(self, launcher: Launcher, service: str, fresh: list[ReplicaState], limit: float | None) -> None:
        """Write down what runs now, then wait for the new replicas and give them their limit."""
        save(launcher)
        write_targets(launcher.state, self._compose)
        since = clock.monotonic()
        ready = launcher.local(service).ready

        def all_ready() -> bool:
            check_replicas(launcher, service, fresh, since)
            return all(is_ready(ready, replica.ports) for replica in fresh)

        clock.wait_until(all_ready, timeout=launcher.local(service).timeout + 5.0)
        if limit is not None:
            self.set_cpu_limit(service, limit)

    # CPU limits

    def cpu_limit(self, service: str) -> float | None:
        """CPU limit per replica in cores, as it is in force; where replicas differ, the one that is not as planned."""
        return CpuLimits(self.state).of(service)

    def cpu_limits(self, service: str) -> dict[str, float | None]:
        """The limit in force by replica name, in cores; None = unlimited."""
        return CpuLimits(self.state).each(service)

    def set_cpu_limit(self, service: str, cores: float | None) -> None:
        """Set the CPU limit of every replica: by cgroup quota where writable, else by a duty cycle.

        What is in force is the truth. It is also written down, but a full disk must not make the setting of a limit
        fail.
        """
        if service not in self._compose.services:
            raise BadInput(f"unknown service {service!r}")
        state = self.state
        CpuLimits(state).set(service, cores)
        state.cpu_limits[service] = cores
        with contextlib.suppress(OSError):
            save(Launcher(state, self._compose))

    def cpu_throttled(self, service: str) -> tuple[int, int]:
        """(periods, throttled periods) so far, summed over replicas."""
        return CpuLimits(self.state).throttled(service)

    def memory_limit(self, service: str) -> int | None:
        """Memory limit per replica in bytes, as it is in force; None = unlimited, or kept by nobody."""
        return MemoryLimits(self.state).of(service)

    def set_memory_limit(self, service: str, limit: int) -> None:
        """Set the memory limit of every replica, in bytes, where a cgroup keeps it."""
        try:
            MemoryLimits(self.state).set(service, limit)
        except OSError as error:
            raise TocsinError(f"the kernel refuses a memory limit of {limit} bytes for {service}: {error}") from error

    def memory_used(self, service: str) -> int:
        """Bytes that the largest replica uses, what is only cached left out."""
        return MemoryLimits(self.state).used(service)

    def memory_kills(self, service: str) -> int:
        """How often the kernel has killed for want of memory, over all replicas."""
        return MemoryLimits(self.state).kills(service)

    # addresses and edges

    def address(self, service: str, port: str = "main", number: int = 1) -> Address:
        """Where a replica listens, straight and not through an edge."""
        ports = self.state.ports.get(f"{service}-{number}", {})
        if port not in ports:
            raise BadInput(f"{service}-{number} has no port {port!r}")
        return Address(host=HOST, port=ports[port])

    @property
    def load_host(self) -> str:
        """Loopback."""
        return HOST

    def _proxy_places(self, edge: str) -> tuple[Address, Address]:
        return self.edge_address(edge), self.address(self.topology.edges[edge].callee)

    def login(self, service: str) -> Login:
        """How to log in to the stack's database server."""
        declared = self._database(service)
        socket = Launcher(self.state, self._compose).fill(declared.socket, service, 1)
        return Login(
            user=declared.user,
            password=self.secret(declared.password),
            database=declared.name,
            socket=socket,
            administrator=getpass.getuser() if socket else "",
        )

    def by_hand(self, holds: str, target: str, replicas: Sequence[Replica], prior: Mapping[str, Any]) -> list[str]:
        """Shell commands that undo by hand what an injection took hold of."""
        state = self.state
        return ProcessesByHand(state, self._compose).commands(holds, target, replicas, prior)

    def log_lines(self, seen: dict[str, int]) -> list[tuple[str, str]]:
        """(replica name, line) of what services have logged since; ``seen`` keeps bytes read by replica."""
        return new_lines(self._file.parent / "logs", seen)
