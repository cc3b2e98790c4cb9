"""What a stack of containers needs on this machine, for ``tocsin doctor``: an engine, and Docker Compose."""

from collections.abc import Callable
from dataclasses import dataclass

from tocsin.errors import TocsinError
from tocsin.stack.compose.command import compose_version
from tocsin.stack.compose.engine import connect


@dataclass(frozen=True)
class ContainerPart:
    """One part: its version where it is there, else what is wrong and what to do."""

    part: str
    version: str
    problem: str = ""
    how: str = ""


def container_parts() -> list[ContainerPart]:
    """The engine and the compose plugin, as they are."""
    return [
        _part("docker engine", lambda: connect().version),
        _part("docker compose", compose_version),
    ]


def _part(name: str, version: Callable[[], str]) -> ContainerPart:
    try:
        return ContainerPart(name, version())
    except TocsinError as error:
        return ContainerPart(name, "", error.message, error.hint)
