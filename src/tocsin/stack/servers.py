"""What the servers of a stack tell of themselves: settings, held locks, a pause. Each look is bounded."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from tocsin import clock
from tocsin.errors import TocsinError
from tocsin.stack.running import RunningStack

_QUICK, _PATIENT = 2.0, 10.0
"""Seconds that a look at one server may take: in a scan, and when a stack has just become ready."""
_LASTS = 2.5
"""Seconds for which something must be seen before it is told."""


@dataclass(frozen=True)
class ServerLook:
    """Settings by name, and what else is not as it should be, one line each."""

    settings: dict[str, str]
    trouble: list[str] = field(default_factory=list)


def settings_of(stack: RunningStack) -> dict[str, dict[str, str]]:
    """The watched settings of every server that can be read, by service.

    Raises:
        TocsinError: when a server does not answer.
    """
    return {service: look(_PATIENT).settings for service, look in _looks(stack).items()}


def server_residue(stack: RunningStack) -> list[str]:
    """Settings that differ from the start's, locks held for long, a paused server; one line each.

    All servers are looked at side by side. What may be over in a moment (a transaction that was starved until just now
    and is about to end) is looked at once more before it is told.
    """
    planned = stack.planned.planned_settings
    looks = _looks(stack)
    with ThreadPoolExecutor(max_workers=len(looks) or 1, thread_name_prefix="look") as pool:
        found = [pool.submit(_lasting, name, look, planned.get(name, {})) for name, look in looks.items()]
        return [line for future in found for line in future.result()]


def _lasting(service: str, look: Callable[[float], ServerLook], planned: Mapping[str, str]) -> list[str]:
    """What is still there after a while."""
    until = clock.monotonic() + _LASTS
    while (found := _once(service, look, planned)) and clock.monotonic() < until:
        clock.pause(0.3)
    return found


def _once(service: str, look: Callable[[float], ServerLook], planned: Mapping[str, str]) -> list[str]:
    try:
        seen = look(_QUICK)
    except TocsinError as error:
        return [f"{service} cannot be looked into: {error.message}"]
    return [f"{service}: {line}" for line in seen.trouble] + [
        f"setting {name} of {service} is {seen.settings[name]!r}, it was {was!r} at the start"
        for name, was in planned.items()
        if seen.settings.get(name, was) != was
    ]


def _looks(stack: RunningStack) -> dict[str, Callable[[float], ServerLook]]:
    """How each server of a known component is looked at; the clients are imported here, for few commands need them."""
    from tocsin.stack.mysql_look import look_at_mysql  # noqa: PLC0415 - together a fifth of a command's start
    from tocsin.stack.redis_look import look_at_redis  # noqa: PLC0415

    found: dict[str, Callable[[float], ServerLook]] = {}
    database = stack.compose.extension.database
    for name, node in stack.topology.services.items():
        if node.component == "redis":
            found[name] = lambda patience, name=name: ServerLook(*look_at_redis(stack.address(name), patience))  # type: ignore[misc]
        elif node.component == "mysql" and database is not None and database.service == name:
            user = (database.user, stack.secret(database.password), database.name)
            found[name] = lambda patience, name=name, user=user: ServerLook(  # type: ignore[misc]
                *look_at_mysql(stack.address(name), user, patience)
            )
    return found
