"""The one place that talks to a Docker engine, through the low-level API of the Docker SDK.

Every call is bounded, and whatever goes wrong is said in one line, with what to do next. The SDK takes half a second to
import, so that is put off until a container is really asked about.
"""

import contextlib
import os
import socket
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

import requests

from tocsin.errors import BadInput, TocsinError, UndoFailed

TIMEOUT = 6.0
"""Seconds that the engine gets for one answer; for one that makes or removes something: ``WORK_TIMEOUT``."""
WORK_TIMEOUT = 20.0
_AFTER_SILENCE = 1.0
"""Seconds that an engine gets which has not answered the last time: nothing may hang on it for long."""
PROJECT = "com.docker.compose.project"
SERVICE = "com.docker.compose.service"
NUMBER = "com.docker.compose.container-number"
INSTANCE = "tocsin.instance"
"""Label that every container of a stack carries; its value is the stack's instance."""

Facts = Mapping[str, Any]
"""What the engine tells of one thing, as JSON."""


class EngineAway(TocsinError):  # noqa: N818 - says what happened
    """No engine answers: there is none, it is frozen, or it must not be used; exit 2 where nothing was started."""

    exit_code = BadInput.exit_code


class Engine:
    """One Docker engine; ``client`` is the SDK's low-level client."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._silent = False

    @contextlib.contextmanager
    def _ask(self, what: str, patience: float = TIMEOUT) -> Iterator[None]:
        """One question, within ``patience`` seconds; an engine that was silent the last time gets one second."""
        self._client.timeout = patience = _AFTER_SILENCE if self._silent else patience
        try:
            with _spoken(what, patience):
                yield
        except EngineAway:
            self._silent = True
            raise
        self._silent = False

    @property
    def cores(self) -> int:
        """CPUs of the engine's machine."""
        with self._ask("tell its CPUs"):
            return int(self._client.info()["NCPU"])

    @property
    def version(self) -> str:
        """The engine's version."""
        with self._ask("tell its version"):
            return str(self._client.version()["Version"])

    def containers(self, project: str, instance: str = "") -> list[Facts]:
        """Containers of a compose project, stopped ones included, by service and number."""
        labels = [f"{PROJECT}={project}", *([f"{INSTANCE}={instance}"] if instance else [])]
        with self._ask("list containers"):
            found: list[Facts] = self._client.containers(all=True, filters={"label": labels})
        return sorted(found, key=lambda one: (one["Labels"].get(SERVICE, ""), int(one["Labels"].get(NUMBER, "1"))))

    def look(self, container: str) -> Facts | None:
        """Everything about a container; None when there is none of that id."""
        with self._ask("tell of a container"):
            try:
                found: Facts = self._client.inspect_container(container)
            except Exception as error:
                if _is_missing(error):
                    return None
                raise
        return found

    def pause(self, container: str) -> None:
        """Freeze every process of a container."""
        with self._ask("pause a container"):
            self._client.pause(container)

    def unpause(self, container: str) -> None:
        """Let the processes of a container run again."""
        with self._ask("unpause a container"):
            self._client.unpause(container)

    def succeeds(self, container: str, command: Sequence[str]) -> bool:
        """Run a command in a container to its end; whether it ended well. One that cannot be run there has not."""
        with self._ask("run a command in a container"):
            try:
                made = self._client.exec_create(container, list(command))
                self._client.exec_start(made["Id"])
                return bool(self._client.exec_inspect(made["Id"])["ExitCode"] == 0)
            except Exception as error:
                if getattr(error, "response", None) is not None:  # the engine answered, and refuses
                    return False
                raise

    def kill(self, container: str) -> None:
        """SIGKILL to a container's processes."""
        with self._ask("kill a container"):
            self._client.kill(container)

    def start(self, container: str) -> None:
        """Start a container that was created or has ended."""
        with self._ask("start a container", WORK_TIMEOUT):
            self._client.start(container)

    def update(self, container: str, resources: Mapping[str, int]) -> None:
        """Change limits of a container, running or not; the SDK's own call does not know ``NanoCpus``."""
        with self._ask("change a container's limits"):
            url = self._client._url("/containers/{0}/update", container)  # noqa: SLF001 - there is no public way
            self._client._raise_for_status(self._client._post_json(url, data=dict(resources)))  # noqa: SLF001

    def create(self, name: str, config: Mapping[str, Any]) -> str:
        """Make a container from the engine's own description of one; its id."""
        with self._ask(f"create {name}", WORK_TIMEOUT):
            return str(self._client.create_container_from_config(dict(config), name)["Id"])

    def remove(self, container: str) -> None:
        """End a container for certain and remove it with its anonymous volumes; absent is fine."""
        with self._ask("remove a container", WORK_TIMEOUT), _absent_is_fine():
            self._client.remove_container(container, force=True, v=True)

    def stats(self, container: str) -> Facts:
        """One look at what a container uses."""
        with self._ask("tell what a container uses"):
            found: Facts = self._client.stats(container, stream=False, one_shot=True)
        return found

    def logs(self, container: str, since: float, most: int) -> bytes:
        """The last ``most`` lines after ``since`` (seconds since the epoch), each with its time."""
        wanted = {"since": since} if since else {}
        with self._ask("tell a container's log"):
            found: bytes = self._client.logs(container, timestamps=True, stream=False, tail=most, **wanted)
        return found

    def networks(self, project: str) -> list[Facts]:
        """Networks of a compose project."""
        with self._ask("list networks"):
            found: list[Facts] = self._client.networks(filters={"label": f"{PROJECT}={project}"})
        return found

    def volumes(self, project: str) -> list[Facts]:
        """Named volumes of a compose project."""
        with self._ask("list volumes"):
            found = self._client.volumes(filters={"label": f"{PROJECT}={project}"})
        return list(found.get("Volumes") or [])

    def remove_network(self, network: str) -> None:
        """Remove a network; absent is fine.

        Raises:
            UndoFailed: when the engine still counts containers in it that are gone (moby issue 42119): it counts anew
                when it is started, and does not let go of the network before.
        """
        with self._ask("remove a network", WORK_TIMEOUT), _absent_is_fine():
            try:
                self._client.remove_network(network)
            except Exception as error:
                if "has active endpoints" not in str(error):
                    raise
                known = self._client.inspect_network(network)
                if known.get("Containers"):
                    raise
                raise UndoFailed(
                    f"the Docker engine keeps the network {known['Name']} for containers that are gone, until it is "
                    "restarted (sudo systemctl restart docker)",
                    hint="Restart it, then: tocsin down",
                ) from error

    def remove_volume(self, volume: str) -> None:
        """Remove a volume; absent is fine."""
        with self._ask("remove a volume", WORK_TIMEOUT), _absent_is_fine():
            self._client.remove_volume(volume, force=True)

    def has_image(self, image: str) -> bool:
        """Whether an image is there."""
        with self._ask("tell of an image"):
            try:
                self._client.inspect_image(image)
            except Exception as error:
                if _is_missing(error):
                    return False
                raise
        return True


def engine_host() -> str:
    """Where the engine listens, as the ``docker`` command finds it: DOCKER_HOST, else the current context."""
    given = os.environ.get("DOCKER_HOST", "")
    if given:
        return given
    from docker.context import ContextAPI  # noqa: PLC0415 - half a second

    try:
        context = ContextAPI.get_current_context()
        return str(context.Host) if context is not None else "unix:///var/run/docker.sock"
    except Exception:  # noqa: BLE001 - a context that cannot be read is as good as none
        return "unix:///var/run/docker.sock"


@cache
def _connected(host: str) -> Engine:
    _knock(host)
    import docker  # noqa: PLC0415 - half a second

    with _spoken("answer", TIMEOUT):
        return Engine(docker.APIClient(base_url=host, version="auto", timeout=TIMEOUT))


def _knock(host: str) -> None:
    """See that somebody listens, before half a second is spent; of another kind of host the SDK finds that out."""
    if not host.startswith("unix://"):
        return
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(TIMEOUT)
        try:
            probe.connect(host.removeprefix("unix://"))
        except OSError as error:
            raise _away(error) from error


def connect() -> Engine:
    """The engine that the ``docker`` command uses.

    Raises:
        EngineAway: when it does not answer, with what to do.
    """
    return _connected(engine_host())


@contextlib.contextmanager
def _spoken(what: str, patience: float) -> Iterator[None]:
    """Whatever the SDK raises, in our words."""
    try:
        yield
    except TocsinError:
        raise
    except requests.Timeout as error:
        raise EngineAway(
            f"the Docker engine did not {what} within {patience:g} s",
            hint="`docker info` shows whether it answers at all; restart it if it does not.",
        ) from error
    except requests.ConnectionError as error:
        raise _away(error) from error
    except Exception as error:
        from docker.errors import APIError, DockerException  # noqa: PLC0415 - the SDK is imported by now

        if isinstance(error, APIError):
            raise TocsinError(f"the Docker engine would not {what}: {error.explanation or error}") from error
        if isinstance(error, DockerException):
            raise _away(error) from error
        raise


def _away(error: Exception) -> EngineAway:
    text, host = str(error), engine_host()
    if "Permission denied" in text or "EACCES" in text:
        return EngineAway(
            f"the Docker engine at {host} must not be used by this user",
            hint="Add the user to the group docker (`sudo usermod -aG docker $USER`, then log in again), or use sudo.",
        )
    return EngineAway(
        f"no Docker engine answers at {host}",
        hint="Start it (`sudo systemctl start docker`), or name another one in DOCKER_HOST; `docker info` shows it.",
    )


@contextlib.contextmanager
def _absent_is_fine() -> Iterator[None]:
    try:
        yield
    except Exception as error:
        if not _is_missing(error):
            raise


def _is_missing(error: Exception) -> bool:
    return bool(getattr(getattr(error, "response", None), "status_code", None) == requests.codes.not_found)
