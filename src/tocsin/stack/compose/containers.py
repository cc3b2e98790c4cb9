"""What is done to the containers of a stack: paused, let run, killed, started again, cloned, removed, waited for."""

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any, Literal

from tocsin import clock
from tocsin.errors import StackNotReady, TocsinError
from tocsin.model.stack import Replica
from tocsin.stack.compose.engine import NUMBER, SERVICE, Engine, Facts
from tocsin.stack.compose.state import ComposeState, ContainerState
from tocsin.stack.compose.watch import tail

_ENDED_WITHIN = 10.0
"""Seconds in which a container that was killed must have ended."""


class Containers:
    """The containers of one start of a stack."""

    def __init__(self, engine: Engine, state: ComposeState) -> None:
        self._engine = engine
        self._state = state

    def listed(self) -> list[Facts]:
        """Short facts of every container that carries the stack's label, by service and number."""
        return self._engine.containers(self._state.project, self._state.instance)

    def of(self, service: str) -> list[Facts]:
        """Full facts of a service's containers, by number."""
        ids = [str(one["Id"]) for one in self.listed() if one["Labels"].get(SERVICE) == service]
        return [facts for facts in map(self._engine.look, ids) if facts is not None]

    def known(self) -> list[ContainerState]:
        """What the state file keeps of the containers that the stack has now, those that had nothing to do left out.

        A job (a container that ended by itself and well) is no replica.
        """
        return [
            ContainerState(
                service=one["Labels"][SERVICE],
                number=int(one["Labels"][NUMBER]),
                id=str(one["Id"]),
                container=str(one["Names"][0]).lstrip("/"),
            )
            for one in self.listed()
            if not is_job(one)
        ]

    def is_alive(self, replica: Replica) -> bool:
        """True while this very run of this very container goes on."""
        facts = self._engine.look(replica.container)
        return facts is not None and facts["State"]["Running"] and started_of(facts) == replica.started

    def is_frozen(self, replica: Replica) -> bool:
        """True while the container is paused, by whomever and since whenever."""
        facts = self._engine.look(replica.container)
        return facts is not None and bool(facts["State"]["Paused"])

    def freeze(self, replica: Replica) -> None:
        """Pause the container; nothing happens when this run of it is over, or it is paused already."""
        facts = self._engine.look(replica.container)
        if facts is None or started_of(facts) != replica.started:
            return
        if facts["State"]["Running"] and not facts["State"]["Paused"]:
            self._engine.pause(replica.container)

    def thaw(self, replica: Replica) -> None:
        """Unpause the container; nothing happens when it is gone or not paused."""
        if self.is_frozen(replica):
            self._engine.unpause(replica.container)

    def kill(self, container: str) -> None:
        """End a container's processes at once, paused ones as well, and wait until they have ended.

        The engine starts no container again that it was told to kill, whatever its restart policy.
        """
        facts = self._engine.look(container)
        if facts is None or not facts["State"]["Running"]:
            return
        try:
            self._engine.kill(container)
        except TocsinError:
            if not self._engine_says(container, "Paused"):
                raise
            self._engine.unpause(container)  # an engine that cannot kill what is paused
            self._engine.kill(container)
        if not clock.wait_until(lambda: not self._engine_says(container, "Running"), timeout=_ENDED_WITHIN):
            raise TocsinError(f"the container {container[:12]} was killed and still runs")

    def again(self, containers: Iterable[str]) -> None:
        """Kill and start containers again; they stay the same containers."""
        chosen = list(containers)
        with ThreadPoolExecutor(max_workers=max(1, len(chosen)), thread_name_prefix="containers") as pool:
            list(pool.map(self._once_again, chosen))

    def _once_again(self, container: str) -> None:
        self.kill(container)
        self._engine.start(container)

    def add(self, service: str, numbers: Iterable[int]) -> list[str]:
        """Make and start further containers of a service, each like its first; their ids.

        Not by ``docker compose up --scale``: that starts replicas again which a fault has killed, and fails where it
        has paused some.
        """
        like = next(iter(self.of(service)), None)
        if like is None:
            raise TocsinError(f"{service} has no container any more that another one could be made like")
        made = [self._engine.create(*clone(like, self._state.project, service, number)) for number in numbers]
        for container in made:
            self._engine.start(container)
        return made

    def remove(self, containers: Iterable[str]) -> None:
        """End containers for certain and remove them."""
        chosen = list(containers)
        with ThreadPoolExecutor(max_workers=8, thread_name_prefix="containers") as pool:
            list(pool.map(self._engine.remove, chosen))

    def wait_ready(self, containers: Iterable[str], answers: Callable[[Facts], bool], timeout: float) -> None:
        """Wait until containers run, are healthy where they say so, and answer.

        Raises:
            StackNotReady: naming the one that is not, with its last log lines.
        """
        waiting = list(containers)

        def all_ready() -> bool:
            for container in list(waiting):
                facts = self._engine.look(container)
                if facts is not None and self._is_well(container, facts) and answers(facts):
                    waiting.remove(container)
            return not waiting

        if not clock.wait_until(all_ready, timeout=timeout, every=0.1):
            facts = self._engine.look(waiting[0])
            name = str(facts["Name"]).lstrip("/") if facts else waiting[0][:12]
            raise StackNotReady(
                f"{name} was not ready within {timeout:g} s. Its last log lines:\n{tail(self._engine, waiting[0])}",
                hint=f"The whole log: docker logs {name}",
            )

    def _is_well(self, container: str, facts: Facts) -> bool:
        """What the engine says; before its first check is due, seconds after a start, the check is made at once."""
        if is_ready(facts):
            return True
        check = _check_of(facts) if is_starting(facts) else []
        return bool(check) and self._engine.succeeds(container, check)

    def _engine_says(self, container: str, what: Literal["Running", "Paused"]) -> bool:
        facts = self._engine.look(container)
        return facts is not None and bool(facts["State"][what])


def replica_of(facts: Facts) -> Replica:
    """The record that faults and remedies keep of a container."""
    labels = facts["Config"]["Labels"]
    return Replica(
        service=labels[SERVICE],
        number=int(labels[NUMBER]),
        pid=int(facts["State"].get("Pid") or 0),
        started=started_of(facts),
        boot="",
        container=str(facts["Id"]),
    )


def started_of(facts: Facts) -> int:
    """When this run of a container began, in microseconds since the epoch; 0 when it never did."""
    text = str(facts["State"].get("StartedAt") or "")
    whole, _, fraction = text.rstrip("Z").partition(".")
    if not whole or whole.startswith("0001-"):
        return 0
    begun = datetime.fromisoformat(f"{whole}+00:00")
    return int(begun.timestamp()) * 1_000_000 + int(fraction.ljust(6, "0")[:6] or 0)


def is_ready(facts: Facts) -> bool:
    """Whether a container runs, and is healthy where it has a health check."""
    state = facts["State"]
    health = (state.get("Health") or {}).get("Status", "none")
    return bool(state["Running"]) and not state["Paused"] and health in ("none", "healthy", "")


def is_starting(facts: Facts) -> bool:
    """Whether a container runs, and its health is not known yet."""
    state = facts["State"]
    return bool(state["Running"]) and not state["Paused"] and (state.get("Health") or {}).get("Status") == "starting"


def _check_of(facts: Facts) -> list[str]:
    """The command of a container's health check; empty when it has none."""
    match (facts["Config"].get("Healthcheck") or {}).get("Test") or []:
        case ["CMD", *command]:
            return [str(word) for word in command]
        case ["CMD-SHELL", line]:
            return ["/bin/sh", "-c", str(line)]
    return []


def is_job(short: Facts) -> bool:
    """Whether a container of the list has ended by itself and well: it prepared something and is no replica."""
    return short["State"] == "exited" and str(short.get("Status", "")).startswith("Exited (0)")


def published_port(facts: Facts, inside: int) -> int | None:
    """The loopback port under which a container's port is reached now; None when it is not."""
    bindings = (facts["NetworkSettings"].get("Ports") or {}).get(f"{inside}/tcp") or []
    return next((int(one["HostPort"]) for one in bindings if one.get("HostPort")), None)


def clone(like: Facts, project: str, service: str, number: int) -> tuple[str, Mapping[str, Any]]:
    """(name, configuration) of another container like one that is there: same limits, any free loopback ports."""
    name = f"{project}-{service}-{number}"
    own = str(like["Config"].get("Hostname", "")), str(like["Id"])
    config = {key: value for key, value in like["Config"].items() if key not in ("Hostname", "MacAddress")}
    if not own[1].startswith(own[0]):
        config["Hostname"] = own[0]  # it was given one
    config["Labels"] = like["Config"]["Labels"] | {NUMBER: str(number)}
    bindings = like["HostConfig"].get("PortBindings") or {}
    host = like["HostConfig"] | {"PortBindings": {port: [{"HostIp": "127.0.0.1", "HostPort": ""}] for port in bindings}}
    networks = {network: {"Aliases": [service, name]} for network in (like["NetworkSettings"].get("Networks") or {})}
    return name, config | {"HostConfig": host, "NetworkingConfig": {"EndpointsConfig": networks}}
