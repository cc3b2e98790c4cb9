"""Bringing a local stack up: every service as soon as what it depends on is ready, each readiness seen by probe."""

import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tocsin import clock
from tocsin.errors import StackNotReady
from tocsin.model.stack import Address
from tocsin.stack.edges import PROXY_COMPONENT
from tocsin.stack.local.launch import Launcher
from tocsin.stack.local.state import ReplicaState
from tocsin.stack.planned import write_state
from tocsin.stack.ports import HOST
from tocsin.stack.process import ProcessId, is_same, reap
from tocsin.stack.readiness import is_ready
from tocsin.stack.toxiproxy import ToxiproxyClient

Progress = Callable[[str], None]


@dataclass
class _Pending:
    """A service on its way up."""

    service: str
    since: float = 0.0
    preparing: subprocess.Popen[bytes] | None = None
    draft: Path | None = None
    replicas: list[ReplicaState] = field(default_factory=list)


@dataclass
class Startup:
    """Brings all services of a stack up; ``on_change`` is called whenever the state file should be written."""

    launcher: Launcher
    cache: Path
    progress: Progress
    counts: dict[str, int]
    on_change: Callable[[], None]
    _ready: set[str] = field(default_factory=set)

    def run(self) -> None:
        """Start everything and return when everything is ready.

        Raises:
            StackNotReady: naming the failing service with its last log lines.
        """
        waiting = [_Pending(name) for name in self.counts]
        while waiting:
            for pending in list(waiting):
                if self._advance(pending):
                    waiting.remove(pending)
                    self._ready.add(pending.service)
                    self.progress(f"{pending.service} ready after {clock.monotonic() - pending.since:.1f} s")
            if waiting:
                clock.pause(0.03)

    def _advance(self, pending: _Pending) -> bool:
        """One step for one service; True once it is ready."""
        if pending.replicas:
            return self._check(pending)
        if pending.preparing is not None:
            self._await_prepared(pending)
        elif self._may_start(pending.service):
            self._begin(pending)
        return False

    def _may_start(self, service: str) -> bool:
        needed = set(self.launcher.compose.services[service].depends_on) & set(self.counts)
        return needed <= self._ready

    def _begin(self, pending: _Pending) -> None:
        pending.since = clock.monotonic()
        prepare = self.launcher.local(pending.service).prepare
        if prepare is None:
            self._start(pending)
            return
        prepared = self.launcher.prepared(pending.service, prepare, self.cache)
        if prepared.exists():
            self._start(pending, prepared)
            return
        self.progress(f"{pending.service}: preparing data (once; kept for later starts)")
        draft = prepared.with_suffix(".draft")
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(parents=True)
        pending.draft = draft
        pending.preparing = self.launcher.prepare(pending.service, draft)

    def _await_prepared(self, pending: _Pending) -> None:
        prepare = self.launcher.local(pending.service).prepare
        if prepare is None or pending.preparing is None or pending.draft is None:
            return
        code = pending.preparing.poll()
        late = clock.monotonic() - pending.since > prepare.timeout
        if code is None and not late:
            return
        if code != 0:
            pending.preparing.kill()
            tail = self.launcher.tail(pending.service, 1)
            raise StackNotReady(f"{pending.service}: its data could not be prepared. Its last lines:\n{tail}")
        prepared = self.launcher.prepared(pending.service, prepare, self.cache)
        pending.draft.rename(prepared)
        pending.preparing = None
        self._start(pending, prepared)

    def _start(self, pending: _Pending, prepared: Path | None = None) -> None:
        for number in range(1, self.counts[pending.service] + 1):
            if prepared is not None:
                self.launcher.copy_prepared(prepared, pending.service, number)
            replica = self.launcher.start(pending.service, number)
            pending.replicas.append(replica)
            self.launcher.state.replicas.append(replica)
            self.on_change()

    def _check(self, pending: _Pending) -> bool:
        check_replicas(self.launcher, pending.service, pending.replicas, pending.since)
        local = self.launcher.local(pending.service)
        if not all(is_ready(local.ready, replica.ports) for replica in pending.replicas):
            return False
        extension = self.launcher.compose.services[pending.service].extension
        if extension and extension.component == PROXY_COMPONENT:
            make_proxies(self.launcher, pending.replicas[0].ports["main"])
        return True


def check_replicas(launcher: Launcher, service: str, replicas: list[ReplicaState], since: float) -> None:
    """Raise StackNotReady when a replica has ended or has used up its time."""
    timeout = launcher.local(service).timeout
    for replica in replicas:
        reap(replica.pid)
        ended = not is_same(ProcessId(replica.pid, replica.started, replica.boot))
        late = clock.monotonic() - since > timeout
        if ended or late:
            what = "ended" if ended else f"was not ready within {timeout:g} s"
            tail = launcher.tail(service, replica.number)
            raise StackNotReady(
                f"{replica.name} {what}. Its last log lines:\n{tail}",
                hint=f"The whole log: {launcher.log(service, replica.number)}",
            )


def make_proxies(launcher: Launcher, api_port: int) -> None:
    """Make a proxy for every proxied edge of the topology."""
    client = ToxiproxyClient(Address(host=HOST, port=api_port))
    state = launcher.state
    for name, edge in launcher.compose.topology.edges.items():
        if edge.proxied:
            upstream = Address(host=HOST, port=state.ports[f"{edge.callee}-1"]["main"])
            client.create(name, listen=Address(host=HOST, port=state.edges[name]), upstream=upstream)


def save(launcher: Launcher) -> None:
    """Write the state file."""
    write_state(launcher.folder / "state.json", launcher.state)
