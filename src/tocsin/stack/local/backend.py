"""The local stack behind the Protocol: what faults, remedies and probes do to it."""

import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import requests

from tocsin import clock, loopback
from tocsin.errors import BadInput, StackNotReady, TocsinError
from tocsin.model.stack import Address, Replica, StackReference
from tocsin.model.topology import Topology
from tocsin.stack.composefile import ComposeFile, read_compose_file
from tocsin.stack.local import cgroup
from tocsin.stack.local.byhand import commands
from tocsin.stack.local.dutycycle import read_counts
from tocsin.stack.local.launch import MARK, Launcher
from tocsin.stack.local.logs import new_lines
from tocsin.stack.local.ports import HOST, free_ports
from tocsin.stack.local.ready import is_ready
from tocsin.stack.local.session import session_members
from tocsin.stack.local.startup import PROXY_COMPONENT, check_replicas, make_proxies, save
from tocsin.stack.local.state import ReplicaState, StackState, read_state, workspace_secret
from tocsin.stack.local.targets import write_targets
from tocsin.stack.process import ProcessId, is_same, is_stopped, marked, send, spawn, terminate
from tocsin.stack.toxiproxy import ToxiproxyClient

BACKEND = "local"


def _process(replica: Replica) -> ProcessId:
    return ProcessId(replica.pid, replica.started, replica.boot)


class LocalStack:
    """A running local stack; every look re-reads the state file, so several processes may hold one."""

    def __init__(self, state_file: Path, compose: ComposeFile) -> None:
        self._file = state_file
        self._compose = compose

    @classmethod
    def attach(cls, reference: StackReference) -> "LocalStack":
        """Reattach from a reference alone.

        Raises:
            TocsinError: when the stack is not there any more.
        """
        path = Path(reference.state)
        state = read_state(path)
        if state is None:
            raise TocsinError(f"the stack {reference.name} is not running: {path} is gone")
        return cls(path, read_compose_file(Path(state.compose)))

    @property
    def state(self) -> StackState:
        """The state file as it is now."""
        state = read_state(self._file)
        if state is None:
            raise TocsinError(f"the stack is not running: {self._file} is gone")
        return state

    @property
    def compose(self) -> ComposeFile:
        """The stack's compose file."""
        return self._compose

    @property
    def reference(self) -> StackReference:
        """How another process can attach to it."""
        return StackReference(name=self._compose.name, backend=BACKEND, state=str(self._file))

    @property
    def topology(self) -> Topology:
        """Its services and edges."""
        return self._compose.topology

    # replicas

    def replicas(self, service: str) -> list[Replica]:
        """Replicas that are alive now, frozen ones included."""
        found = [replica.replica for replica in self.state.replicas if replica.service == service]
        return [replica for replica in found if self.is_alive(replica)]

    def is_alive(self, replica: Replica) -> bool:
        """True while this very process exists."""
        return is_same(_process(replica))

    def freeze(self, replica: Replica) -> None:
        """SIGSTOP to every process of the replica's session, the leader first."""
        if self.is_alive(replica):
            for process in [*self._duty(replica), *session_members(replica.pid)]:
                send(process, signal.SIGSTOP)

    def thaw(self, replica: Replica) -> None:
        """SIGCONT to every process of the replica's session."""
        if self.is_alive(replica):
            for process in [*session_members(replica.pid), *self._duty(replica)]:
                send(process, signal.SIGCONT)

    def is_frozen(self, replica: Replica) -> bool:
        """True when the replica exists and its leader is stopped, and not just for a moment by its CPU limit."""
        return is_stopped(_process(replica)) and all(is_stopped(process) for process in self._duty(replica))

    def _duty(self, replica: Replica) -> list[ProcessId]:
        """The process that holds a replica to its CPU limit, where that is not the kernel."""
        known = next((one for one in self.state.replicas if one.replica == replica), None)
        if known is None or known.cgroup is not None:
            return []
        return marked("TOCSIN_DUTY", self._duty_mark(known))

    def _duty_mark(self, replica: ReplicaState) -> str:
        return f"{self.state.instance}:duty:{replica.name}"

    def _duty_counts(self, replica: ReplicaState) -> Path:
        return self._file.parent / "duty" / f"{replica.name}.json"

    def kill(self, replica: Replica) -> None:
        """SIGKILL to every process of the replica's session."""
        if self.is_alive(replica):
            members = session_members(replica.pid)
            for process in members:
                terminate(process, 0.0)

    def restart(self, service: str, numbers: Sequence[int] | None = None) -> None:
        """Kill and start replicas again and wait until they are ready; frozen ones are killed at once."""
        state = self.state
        chosen = [r for r in state.replicas if r.service == service and (numbers is None or r.number in numbers)]
        launcher = Launcher(state, self._compose)
        for old in chosen:
            self._end(old, grace=0.0 if self.is_frozen(old.replica) else 5.0)
        fresh = [launcher.start(service, old.number) for old in chosen]
        names = {old.name for old in chosen}
        state.replicas = [r for r in state.replicas if r.name not in names] + fresh
        self._settle(launcher, service, fresh)
        if self._compose.topology.services[service].component == PROXY_COMPONENT:
            make_proxies(launcher, fresh[0].ports["main"])

    def scale(self, service: str, replicas: int) -> None:
        """Start or stop replicas until there are ``replicas``; new ones are waited for."""
        if replicas < 1:
            raise BadInput(f"{service} cannot be scaled to {replicas} replicas")
        state = self.state
        launcher = Launcher(state, self._compose)
        present = sorted((r for r in state.replicas if r.service == service), key=lambda r: r.number)
        for extra in present[replicas:]:
            self._end(extra, grace=5.0)
            state.replicas = [r for r in state.replicas if r.name != extra.name]
        fresh = []
        names = launcher.local(service).ports
        drawn = iter(free_ports(len(names) * max(0, replicas - len(present))))
        for number in range(len(present) + 1, replicas + 1):
            state.ports[f"{service}-{number}"] = {name: next(drawn) for name in names}
            fresh.append(launcher.start(service, number))
        state.replicas += fresh
        self._settle(launcher, service, fresh)

    def _settle(self, launcher: Launcher, service: str, fresh: list[ReplicaState]) -> None:
        """Write down what runs now, then wait for the new replicas and give them their limit."""
        save(launcher)
        write_targets(launcher.state, self._compose)
        since = clock.monotonic()
        ready = launcher.local(service).ready

        def all_ready() -> bool:
            check_replicas(launcher, service, fresh, since)
            return all(is_ready(ready, replica.ports) for replica in fresh)

        clock.wait_until(all_ready, timeout=launcher.local(service).timeout + 5.0)
        if launcher.state.cpu_limits.get(service) is not None:
            self.set_cpu_limit(service, launcher.state.cpu_limits[service])

    def _end(self, replica: ReplicaState, grace: float) -> None:
        members = session_members(replica.pid)
        leader = _process(replica.replica)
        if not terminate(leader, grace):
            raise TocsinError(f"{replica.name} (pid {replica.pid}) could not be killed")
        for process in members:
            terminate(process, 0.0)

    # CPU limits

    def cpu_limit(self, service: str) -> float | None:
        """CPU limit per replica in cores, as the kernel holds it; None = unlimited."""
        groups = [Path(r.cgroup) for r in self.state.replicas if r.service == service and r.cgroup]
        if groups:
            return cgroup.quota(groups[0])
        return self.state.cpu_limits.get(service)

    def set_cpu_limit(self, service: str, cores: float | None) -> None:
        """Set the CPU limit of every replica: by cgroup quota where writable, else by a duty cycle."""
        if service not in self._compose.services:
            raise BadInput(f"unknown service {service!r}")
        state = self.state
        for replica in state.replicas:
            if replica.service != service:
                continue
            if replica.cgroup:
                cgroup.set_quota(Path(replica.cgroup), cores)
            else:
                self._duty_cycle(replica, cores)
        state.cpu_limits[service] = cores
        save(Launcher(state, self._compose))

    def _duty_cycle(self, replica: ReplicaState, cores: float | None) -> None:
        mark = self._duty_mark(replica)
        for process in marked("TOCSIN_DUTY", mark):
            send(process, signal.SIGCONT)
            terminate(process, 2.0)
        if cores is None:
            return
        counts = self._duty_counts(replica)
        counts.parent.mkdir(exist_ok=True)
        command = [
            sys.executable, "-m", "tocsin.stack.local.dutycycle", str(replica.pid), str(cores), str(counts)
        ]  # fmt: skip
        spawn(command, environment={MARK: self.state.instance, "TOCSIN_DUTY": mark})

    def cpu_throttled(self, service: str) -> tuple[int, int]:
        """(periods, throttled periods) so far, summed over replicas."""
        counts = [self._throttled(replica) for replica in self.state.replicas if replica.service == service]
        return sum(count[0] for count in counts), sum(count[1] for count in counts)

    def _throttled(self, replica: ReplicaState) -> tuple[int, int]:
        if replica.cgroup:
            return cgroup.throttled(Path(replica.cgroup))
        counts = read_counts(self._duty_counts(replica))
        return int(counts.periods), int(counts.throttled)

    # addresses and edges

    def address(self, service: str, port: str = "main", number: int = 1) -> Address:
        """Where a replica listens, straight and not through an edge."""
        ports = self.state.ports.get(f"{service}-{number}", {})
        if port not in ports:
            raise BadInput(f"{service}-{number} has no port {port!r}")
        return Address(host=HOST, port=ports[port])

    @property
    def load_port(self) -> int:
        """The loopback port on which Prometheus expects the load process."""
        return self.state.load_port

    def edge_address(self, edge: str) -> Address:
        """Where an edge's proxy listens."""
        edges = self.state.edges
        if edge not in edges:
            raise BadInput(f"the edge {edge!r} has no proxy; proxied edges: {', '.join(sorted(edges))}")
        return Address(host=HOST, port=edges[edge])

    @property
    def _proxy_service(self) -> str:
        return next(n for n, s in self._compose.topology.services.items() if s.component == PROXY_COMPONENT)

    def _toxiproxy(self) -> ToxiproxyClient:
        return ToxiproxyClient(self.address(self._proxy_service))

    def edge_enabled(self, edge: str) -> bool:
        """True while the edge's proxy takes connections."""
        return self._toxiproxy().enabled(edge)

    def set_edge_enabled(self, edge: str, enabled: bool) -> None:  # noqa: FBT001 - the Protocol's signature
        """Open or close an edge's proxy; closing ends its connections."""
        self._toxiproxy().set_enabled(edge, enabled)

    def toxics(self, edge: str) -> list[dict[str, Any]]:
        """Toxics on an edge as Toxiproxy reports them."""
        return self._toxiproxy().toxics(edge)

    def add_toxic(self, edge: str, *, name: str, kind: str, stream: str, attributes: Mapping[str, Any]) -> None:
        """Put a toxic on an edge; one of the same name is replaced."""
        self._toxiproxy().add(edge, name=name, kind=kind, stream=stream, attributes=attributes)

    def remove_toxic(self, edge: str, name: str) -> None:
        """Take a toxic off; when Toxiproxy hangs the proxy is made again, and at last Toxiproxy itself is restarted."""
        try:
            self._toxiproxy().remove(edge, name)
        except requests.RequestException:
            self.restart(self._proxy_service)

    # what the application offers its operators

    def flags(self) -> dict[str, bool]:
        """The operator flags of the stack's application."""
        flags: dict[str, bool] = self._call("GET", *self._flags_endpoint())
        return flags

    def set_flag(self, name: str, value: bool) -> None:  # noqa: FBT001 - the Protocol's signature
        """Flip an operator flag at run time."""
        self._call("PUT", *self._flags_endpoint(), body={name: value})

    def secret(self, placeholder: str) -> str:
        """The value behind a ``{secret.NAME}`` placeholder."""
        name = placeholder.strip("{}").removeprefix("secret.")
        return workspace_secret(self._file.parent.parent.parent / "secrets.json", name)

    def by_hand(self, holds: str, target: str, replicas: Sequence[Replica], prior: Mapping[str, Any]) -> list[str]:
        """Shell commands that undo by hand what an injection took hold of."""
        return commands(self.state, holds, target, replicas, prior, self._by_hand_urls())

    def _by_hand_urls(self) -> dict[str, str]:
        """Where Toxiproxy and the rebuild hook answer."""
        found = {"toxiproxy": self.address(self._proxy_service)}
        hook = self._compose.extension.hooks.get("rebuild")
        urls = {name: f"http://{address.host}:{address.port}" for name, address in found.items()}
        if hook is not None:
            address = self.address(hook.service)
            urls["rebuild"] = f"http://{address.host}:{address.port}{hook.path}"
        return urls

    def log_lines(self, seen: dict[str, int]) -> list[tuple[str, str]]:
        """(replica name, line) of what services have logged since; ``seen`` keeps bytes read by replica."""
        return new_lines(self._file.parent / "logs", seen)

    def call_hook(self, name: str, *, timeout: float = 60.0) -> dict[str, Any]:
        """Call one of the stack's hooks."""
        hook = self._compose.extension.hooks.get(name)
        if hook is None:
            raise BadInput(f"the stack has no hook {name!r}; it has: {', '.join(self._compose.extension.hooks)}")
        found: dict[str, Any] = self._call(hook.method, hook.service, hook.path, timeout=timeout)
        return found

    def _flags_endpoint(self) -> tuple[str, str]:
        endpoint = self._compose.extension.flags
        if endpoint is None:
            raise BadInput(f"the stack {self._compose.name} has no operator flags")
        return endpoint.service, endpoint.path

    def _call(self, method: str, service: str, path: str, *, body: Any = None, timeout: float = 10.0) -> Any:
        address = self.address(service)
        url = f"http://{address.host}:{address.port}{path}"
        try:
            response = loopback.request(method, url, json=body, timeout=timeout)
        except requests.RequestException as error:
            raise TocsinError(f"{method} {path} of {service} failed: {error}") from error
        if not response.ok:
            raise TocsinError(f"{method} {path} of {service} answered {response.status_code}: {response.text[:300]}")
        return response.json() if response.content else {}


def not_running(name: str) -> StackNotReady:
    """The error for a stack that should run and does not."""
    return StackNotReady(f"the stack {name} is not running", hint=f"Start it with: tocsin up {name}")
