"""The line to a running drill: the console sends what a person decides, and does nothing itself."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Protocol

from tocsin.model.command import CommandName
from tocsin.model.person import Role


class Link(Protocol):
    """One person's connection to a drill."""

    async def send(self, command: CommandName, arguments: dict[str, Any] | None = None) -> dict[str, Any]:
        """Send a command; the result of its answer.

        Raises:
            TocsinError: when the drill refuses it, is over, or does not answer.
        """
        ...

    async def close(self) -> None:
        """Let go of the connection."""
        ...


Connect = Callable[[Path, str, Role], Awaitable[Link]]
"""Makes the connection of somebody (name and role) to the drill that runs in a folder."""


async def connect(folder: Path, who: str, role: Role) -> Link:
    """Connect to the drill that runs in ``folder``.

    Raises:
        BadInput: when no drill runs there.
    """
    from tocsin.control.client import AsyncControlClient  # noqa: PLC0415 - only those who take part need it

    return await AsyncControlClient.connect(folder, who, role)
