"""A Docker engine in memory behind the SDK's low-level client: containers, with the engine's own refusals."""

import copy
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import requests
from docker.errors import APIError, NotFound

PROJECT, SERVICE, NUMBER = (
    "com.docker.compose.project",
    "com.docker.compose.service",
    "com.docker.compose.container-number",
)


class FakeDocker:
    """Implements what ``tocsin.stack.compose.engine`` calls; ``broken`` is raised by every call while it is set."""

    def __init__(self) -> None:
        self.all: dict[str, dict[str, Any]] = {}
        self.written: dict[str, list[tuple[str, str]]] = {}
        self.images: set[str] = set()
        self.networks_of: dict[str, list[dict[str, Any]]] = {}
        self.volumes_of: dict[str, list[dict[str, Any]]] = {}
        self.broken: Exception | None = None
        self.calls: list[str] = []
        self.ran: list[list[str]] = []
        self.exit_codes: dict[str, int] = {}
        self.miscounted = False
        self.timeout = 0.0
        self._ticks = 0

    def add(self, service: str, number: int, **wanted: Any) -> str:
        """A container that runs; its id. ``wanted``: nano, memory, ports (inside: outside), health, labels, project."""
        identity = f"{service}{number}".encode().hex().ljust(64, "0")[:64]
        project = wanted.get("project", "shop-1")
        labels = {PROJECT: project, SERVICE: service, NUMBER: str(number)} | wanted.get("labels", {})
        bindings = {f"{inside}/tcp": [{"HostIp": "127.0.0.1", "HostPort": str(outside)}] for inside, outside in
                    wanted.get("ports", {}).items()}  # fmt: skip
        self.all[identity] = {
            "Id": identity,
            "Name": f"/{project}-{service}-{number}",
            "Config": {"Labels": labels, "Hostname": identity[:12], "Image": "an-image", "Env": ["A=1"]},
            "HostConfig": {
                "NanoCpus": wanted.get("nano", 0), "CpuQuota": 0, "CpuPeriod": 0,
                "Memory": wanted.get("memory", 0), "MemorySwap": wanted.get("memory", 0) * 2, "PortBindings": bindings,
            },
            "NetworkSettings": {"Ports": bindings, "Networks": {f"{project}_default": {"Aliases": [service]}}},
            "State": {},
        }  # fmt: skip
        self._run(identity, wanted.get("health"))
        return identity

    def state(self, container: str) -> dict[str, Any]:
        """Its state, to be looked at or changed."""
        found: dict[str, Any] = self.all[container]["State"]
        return found

    def end(self, container: str, code: int = 137) -> None:
        """It has ended by itself."""
        self.state(container).update(
            Running=False, Paused=False, Status="exited", ExitCode=code, Pid=0, FinishedAt=self._now()
        )

    def restart_engine(self) -> None:
        """Every container has ended, as after a restart of an engine without restart policies."""
        for container in self.all:
            self.end(container)

    # the client

    def info(self) -> dict[str, Any]:
        self._called("info")
        return {"NCPU": 2}

    def version(self) -> dict[str, Any]:
        self._called("version")
        return {"Version": "20.10.24"}

    def containers(self, *, all: bool, filters: Mapping[str, list[str]]) -> list[dict[str, Any]]:  # noqa: A002 - the SDK's
        self._called("containers")
        assert all
        wanted = dict(label.split("=", 1) for label in filters["label"])
        return [_short(one) for one in self.all.values() if wanted.items() <= one["Config"]["Labels"].items()]

    def inspect_container(self, container: str) -> dict[str, Any]:
        self._called("inspect")
        return copy.deepcopy(self._one(container))

    def pause(self, container: str) -> None:
        self._called("pause")
        state = self._one(container)["State"]
        if state["Paused"] or not state["Running"]:
            raise refusal(409, "is already paused or not running")
        state["Paused"], state["Status"] = True, "paused"

    def unpause(self, container: str) -> None:
        self._called("unpause")
        state = self._one(container)["State"]
        if not state["Paused"]:
            raise refusal(409, "is not paused")
        state["Paused"], state["Status"] = False, "running"

    def exec_create(self, container: str, command: list[str]) -> dict[str, Any]:
        self._called("exec")
        if not self._one(container)["State"]["Running"]:
            raise refusal(409, "is not running")
        self.ran.append(command)
        return {"Id": container}

    def exec_start(self, identity: str) -> bytes:
        return b""

    def exec_inspect(self, identity: str) -> dict[str, Any]:
        return {"ExitCode": self.exit_codes.get(identity, 0)}

    def kill(self, container: str) -> None:
        self._called("kill")
        if not self._one(container)["State"]["Running"]:
            raise refusal(409, "is not running")
        self.end(container)

    def start(self, container: str) -> None:
        self._called("start")
        if self._one(container)["State"].get("Paused"):
            raise refusal(409, "cannot start a paused container, try unpause instead")
        self._run(container, None)

    def _url(self, path: str, *words: str) -> str:
        return path.format(*words)

    def _post_json(self, url: str, data: dict[str, int]) -> requests.Response:
        self._called("update")
        host = self._one(url.split("/")[2])["HostConfig"]
        if host["NanoCpus"] and (data.get("CpuQuota") or data.get("CpuPeriod")):
            raise refusal(409, "Conflicting options: CPU Quota cannot be updated as NanoCPUs has already been set")
        if data.get("Memory", 0) > host["MemorySwap"] > 0 and "MemorySwap" not in data:
            raise refusal(409, "Memory limit should be smaller than already set memoryswap limit")
        host.update({key: value for key, value in data.items() if value})  # 0 says nothing to the engine
        answer = requests.Response()
        answer.status_code = 200
        return answer

    def _raise_for_status(self, response: requests.Response) -> None:
        response.raise_for_status()

    def create_container_from_config(self, config: dict[str, Any], name: str) -> dict[str, Any]:
        self._called("create")
        identity = name.encode().hex()[-64:].ljust(64, "0")
        host = config.pop("HostConfig")
        networks = config.pop("NetworkingConfig")["EndpointsConfig"]
        ports = {port: [{"HostIp": "127.0.0.1", "HostPort": str(40_000 + len(self.all))}] for port in
                 host["PortBindings"]}  # fmt: skip
        self.all[identity] = {
            "Id": identity, "Name": f"/{name}", "Config": config, "HostConfig": host,
            "NetworkSettings": {"Ports": ports, "Networks": networks},
            "State": {"Running": False, "Paused": False, "Status": "created", "StartedAt": "0001-01-01T00:00:00Z"},
        }  # fmt: skip
        return {"Id": identity}

    def remove_container(self, container: str, *, force: bool, v: bool) -> None:
        self._called("remove")
        assert force
        assert v
        self._one(container)
        del self.all[container]

    def stats(self, container: str, *, stream: bool, one_shot: bool) -> dict[str, Any]:
        self._called("stats")
        assert one_shot
        assert not stream
        self._one(container)
        return {"cpu_stats": {"throttling_data": {"periods": 10, "throttled_periods": 4, "throttled_time": 1}}}

    def logs(self, container: str, *, timestamps: bool, stream: bool, tail: int, since: float = 0.0) -> bytes:
        self._called("logs")
        assert timestamps
        assert not stream
        self._one(container)
        lines = self.written.get(container, [])[-tail:]
        return "".join(f"{stamp} {line}\n" for stamp, line in lines).encode()

    def networks(self, *, filters: Mapping[str, str]) -> list[dict[str, Any]]:
        self._called("networks")
        return list(self.networks_of.get(filters["label"].partition("=")[2], []))

    def volumes(self, *, filters: Mapping[str, str]) -> dict[str, Any]:
        self._called("volumes")
        return {"Volumes": self.volumes_of.get(filters["label"].partition("=")[2])}

    def remove_network(self, network: str) -> None:
        self._called("remove_network")
        if self.miscounted:
            text = f"error while removing network: network {network} has active endpoints"
            raise APIError(text, response=_answer(403), explanation=text)
        for found in self.networks_of.values():
            found[:] = [one for one in found if one["Id"] != network]

    def inspect_network(self, network: str) -> dict[str, Any]:
        self._called("inspect_network")
        inside = {one["Id"]: {"Name": one["Name"]} for one in self.all.values()}
        return {"Id": network, "Name": "shop-1_default", "Containers": inside}

    def remove_volume(self, volume: str, *, force: bool) -> None:
        self._called("remove_volume")
        assert force
        for found in self.volumes_of.values():
            found[:] = [one for one in found if one["Name"] != volume]

    def inspect_image(self, image: str) -> dict[str, Any]:
        self._called("inspect_image")
        if image not in self.images:
            raise missing(f"No such image: {image}")
        return {"Id": image}

    def _called(self, what: str) -> None:
        self.calls.append(what)
        if self.broken is not None:
            raise self.broken

    def _one(self, container: str) -> dict[str, Any]:
        if container not in self.all:
            raise missing(f"No such container: {container}")
        return self.all[container]

    def _run(self, container: str, health: str | None) -> None:
        state = {"Running": True, "Paused": False, "Status": "running", "ExitCode": 0, "Pid": 4711 + self._ticks}
        if health is not None:
            state["Health"] = {"Status": health}
        self.all[container]["State"] = state | {"StartedAt": self._now()}

    def _now(self) -> str:
        self._ticks += 1
        moment = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=self._ticks)
        return f"{moment:%Y-%m-%dT%H:%M:%S}.123456789Z"


def _short(facts: Mapping[str, Any]) -> dict[str, Any]:
    state = facts["State"]
    ports = [
        {"IP": "127.0.0.1", "PrivatePort": int(inside.split("/")[0]), "PublicPort": int(bound[0]["HostPort"])}
        for inside, bound in facts["NetworkSettings"]["Ports"].items()
    ]
    return {
        "Id": facts["Id"], "Names": [facts["Name"]], "Labels": facts["Config"]["Labels"], "State": state["Status"],
        "Status": f"Exited ({state['ExitCode']}) 1 second ago" if state["Status"] == "exited" else "Up 1 second",
        "Ports": ports,
    }  # fmt: skip


def _answer(code: int) -> requests.Response:
    answer = requests.Response()
    answer.status_code = code
    return answer


def refusal(code: int, text: str) -> APIError:
    """What the SDK raises when the engine refuses."""
    return APIError(text, response=_answer(code), explanation=text)


def missing(text: str) -> NotFound:
    """What the SDK raises for something that is not there."""
    return NotFound(text, response=_answer(404), explanation=text)
