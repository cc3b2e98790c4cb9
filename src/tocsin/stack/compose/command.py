"""The ``docker compose`` command: the one that brings a project up, and whether it is there at all."""

import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from tocsin.errors import BadInput, MissingProgram, TocsinError
from tocsin.stack.compose.engine import engine_host
from tocsin.stack.compose.files import override_file, variables_file
from tocsin.stack.compose.state import ComposeState
from tocsin.stack.places import Places
from tocsin.stack.process import spawn

MARK = "TOCSIN_STACK"
"""Environment variable of a ``docker compose`` that is bringing a stack up; its value is the stack's instance."""
_OLDEST = (2, 24)
"""Docker Compose that knows ``!override``."""
_VERSION = re.compile(r"(\d+)\.(\d+)(?:\.\d+)?")
_TAKEN = re.compile(r"(?:Bind for |listen tcp4? )([\d.]+:\d+)[^\n]*(?:already allocated|already in use)")
_NO_IMAGE = re.compile(
    r"(?:pull access denied for|manifest for|No such image:|failed to resolve reference) \"?([^\s,\"]+)"
)
_NO_REGISTRY = re.compile(r"Get \"https?://[^\s\"]+/v2/[^\s\"]*\": ([^\n]+)")


def compose_version() -> str:
    """The version of the compose plugin.

    Raises:
        MissingProgram: when there is no ``docker`` command, no plugin, or one that is too old; with what to do.
    """
    if shutil.which("docker") is None:
        raise MissingProgram(
            "the docker command is not installed; a stack of containers cannot start without it",
            hint="Install Docker (`apt-get install docker.io`), or leave out --stack compose.",
        )
    done = subprocess.run(
        ["docker", "compose", "version", "--short"], capture_output=True, text=True, timeout=20, check=False
    )
    match = _VERSION.search(done.stdout) if done.returncode == 0 else None
    if match is None:
        raise MissingProgram(
            "the docker command has no compose plugin",
            hint="Install it (`apt-get install docker-compose-v2` or docker-compose-plugin); `docker compose version` "
            "shows whether it is found.",
        )
    if (int(match.group(1)), int(match.group(2))) < _OLDEST:
        wanted = ".".join(map(str, _OLDEST))
        raise MissingProgram(f"docker compose is {match.group(0)}; {wanted} or later is needed", hint="Update it.")
    return match.group(0)


def profiles() -> list[str]:
    """The profiles that the environment chooses, as Docker Compose reads it: services of others are not started."""
    return [name for name in os.environ.get("COMPOSE_PROFILES", "").split(",") if name]


def words(places: Places, state: ComposeState) -> list[str]:
    """The beginning of every ``docker compose`` command for one start of a stack."""
    return [
        *("docker", "compose", "--project-name", state.project, "--project-directory", str(places.compose.parent)),
        *("--env-file", str(variables_file(places.folder))),
        *("-f", str(places.compose), "-f", str(override_file(places.folder))),
    ]


def begin_up(places: Places, state: ComposeState, log: Path) -> "subprocess.Popen[bytes]":
    """Begin to bring everything up; the caller waits for the process. What it says goes to ``log``."""
    command = [*words(places, state), "--progress", "plain", "up", "--detach", "--no-color", "--quiet-pull"]
    return spawn(command, environment=_environment(state), log=log)


def _environment(state: ComposeState) -> dict[str, str]:
    """The same engine as ours, and the classic builder where the other one's plugin is missing."""
    classic = {} if "DOCKER_BUILDKIT" in os.environ or _has_buildx() else {"DOCKER_BUILDKIT": "0"}
    return {MARK: state.instance, "DOCKER_HOST": engine_host()} | classic


def _has_buildx() -> bool:
    done = subprocess.run(["docker", "buildx", "version"], capture_output=True, timeout=20, check=False)
    return done.returncode == 0


def explain(log: Path, absent: Sequence[str] = ()) -> TocsinError:
    """Why ``docker compose`` failed, in one line, from what it said; ``absent``: images that it had to pull."""
    text = log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""
    taken = _TAKEN.search(text)
    if taken:
        return BadInput(
            f"the port {taken.group(1)} is taken by another program",
            hint="Try again: free ports are drawn anew at every start.",
        )
    image = _NO_IMAGE.search(text)
    if image:
        return BadInput(
            f"the image {image.group(1).rstrip(':')} is neither on this machine nor can it be pulled",
            hint=f"`docker pull {image.group(1).rstrip(':')}` shows why.",
        )
    unreachable = _NO_REGISTRY.search(text)
    if unreachable and absent:
        return BadInput(
            f"the image {absent[0]} is neither on this machine nor can it be pulled: {unreachable.group(1).strip()}",
            hint=f"`docker pull {absent[0]}` shows whether its registry can be reached.",
        )
    last = next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "it said nothing")
    return TocsinError(f"docker compose failed: {last}", hint=f"All it said: {log}")
