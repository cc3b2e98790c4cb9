"""Bringing a project up: images first, then ``docker compose up``, each service told as soon as it is ready."""

import socket
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tocsin import clock
from tocsin.errors import StackNotReady, TocsinError
from tocsin.stack.compose.command import begin_up, explain
from tocsin.stack.compose.containers import Containers, is_ready
from tocsin.stack.compose.engine import SERVICE, Engine, Facts
from tocsin.stack.compose.ready import answering
from tocsin.stack.compose.state import ComposeState
from tocsin.stack.compose.watch import tail
from tocsin.stack.composefile import ComposeFile
from tocsin.stack.places import Places
from tocsin.stack.ports import HOST

Progress = Callable[[str], None]
_WITHIN = 200.0
"""Seconds that all services get to be ready, once their images are there."""


@dataclass
class Startup:
    """One start of a project."""

    places: Places
    state: ComposeState
    compose: ComposeFile
    engine: Engine
    progress: Progress
    _since: float = field(default_factory=clock.monotonic)
    _told: set[str] = field(default_factory=set)
    _absent: list[str] = field(default_factory=list)

    @property
    def log(self) -> Path:
        """What ``docker compose`` has said."""
        return self.places.folder / "logs" / "compose-up.log"

    def run(self) -> None:
        """Start everything and return when everything is ready.

        Raises:
            BadInput: for an image that is nowhere, or a port that is taken.
            StackNotReady: naming the failing service with its last log lines.
        """
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self._fetching()
        process = begin_up(self.places, self.state, self.log)
        try:
            self._wait(process)
        finally:
            _end(process)

    def _fetching(self) -> None:
        """Say what is not on this machine yet, and keep what has to be pulled: both may take minutes."""
        for name, service in self.compose.container_services.items():
            if service.image and "$" not in service.image and not self.engine.has_image(service.image):
                how = "built" if service.build else "pulled"
                self.progress(f"{name}: the image {service.image} is not here yet; it is {how} now")
                if not service.build:
                    self._absent.append(service.image)

    def _wait(self, process: "subprocess.Popen[bytes]") -> None:
        deadline = self._since + _WITHIN
        while True:
            code = process.poll()
            ready = self._look()
            if code is not None and (code != 0 or self._ended()):  # also one that was ready, and has ended since
                raise self._failed()
            if code == 0 and ready:
                return
            if clock.monotonic() > deadline:
                raise self._late()
            clock.pause(0.2)

    def _look(self) -> bool:
        """Look at every container once, and tell of services that have become ready; True when all are."""
        by_service: dict[str, list[Facts]] = {}
        for one in Containers(self.engine, self.state).listed():
            facts = self.engine.look(str(one["Id"]))
            if facts is not None:
                by_service.setdefault(one["Labels"][SERVICE], []).append(facts)
        for service in set(self.compose.container_services) - self._told:
            found = by_service.get(service, [])
            if len(found) >= self.state.planned_replicas[service] and all(self._is_up(service, one) for one in found):
                self._told.add(service)
                self.progress(f"{service} ready after {clock.monotonic() - self._since:.1f} s")
        return set(self.compose.container_services) <= self._told

    def _is_up(self, service: str, facts: Facts) -> bool:
        state = facts["State"]
        if state["Status"] == "exited":
            return int(state["ExitCode"]) == 0
        return is_ready(facts) and answering(self.compose, service)(facts)

    def _ended(self) -> bool:
        """Whether a container has ended badly; nobody starts it again, for one that is tried again is not over."""
        found = (self.engine.look(str(one["Id"])) for one in Containers(self.engine, self.state).listed())
        return any(facts is not None and _has_failed(facts) for facts in found)

    def _failed(self) -> TocsinError:
        """Why ``docker compose`` gave up: a container that ended, else what it said."""
        for one in Containers(self.engine, self.state).listed():
            facts = self.engine.look(str(one["Id"]))
            if facts is not None and _has_failed(facts):
                return self._not_ready(facts, "ended" if facts["State"]["Status"] == "exited" else "is not healthy")
        return explain(self.log, self._absent)

    def _late(self) -> StackNotReady:
        for one in Containers(self.engine, self.state).listed():
            facts = self.engine.look(str(one["Id"]))
            if facts is not None and one["Labels"][SERVICE] not in self._told:
                return self._not_ready(facts, f"was not ready within {_WITHIN:g} s")
        missing = ", ".join(sorted(set(self.compose.container_services) - self._told))
        return StackNotReady(f"{missing} did not come up within {_WITHIN:g} s", hint=f"What was said: {self.log}")

    def _not_ready(self, facts: Facts, what: str) -> StackNotReady:
        name = facts["Config"]["Labels"][SERVICE]
        return StackNotReady(
            f"{name} {what}. Its last log lines:\n{tail(self.engine, str(facts['Id']))}",
            hint=f"What docker compose said: {self.log}",
        )


def _has_failed(facts: Facts) -> bool:
    state = facts["State"]
    unhealthy = (state.get("Health") or {}).get("Status") == "unhealthy"
    return unhealthy or (state["Status"] == "exited" and int(state["ExitCode"]) != 0)


def _end(process: "subprocess.Popen[bytes]") -> None:
    """End ``docker compose`` when it is not over by itself: nothing may be created any more."""
    if process.poll() is None:
        process.kill()
    process.wait()


def load_host(networks: list[Facts]) -> str:
    """Where the load process answers Prometheus: this machine's address in the stack's own network.

    Where the engine runs in a machine of its own, that address is not ours; then it is loopback, which such engines
    reach by a name.
    """
    for network in networks:
        for pool in (network.get("IPAM") or {}).get("Config") or []:
            gateway = str(pool.get("Gateway") or "")
            if gateway and ":" not in gateway and _is_ours(gateway):
                return gateway
    return HOST


def _is_ours(address: str) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind((address, 0))
        except OSError:
            return False
    return True
