"""The backends by name, each imported when it is first used: the one place that chooses between them."""

from collections.abc import Callable, Mapping
from typing import Protocol

from tocsin.errors import BadInput, StackNotReady
from tocsin.model.changes import Changes
from tocsin.model.stack import StackReference
from tocsin.stack.composefile import ComposeFile
from tocsin.stack.places import LOCAL, Places
from tocsin.stack.running import RunningStack
from tocsin.suggest import nearest

Progress = Callable[[str], None]


class Backend(Protocol):
    """What a backend can do with a stack as a whole; each is the module ``lifecycle`` of its package."""

    THINGS: str
    """What a stack consists of there (``processes``), for messages."""

    def check_parts(self, places: Places) -> ComposeFile:
        """The stack's compose file, once everything that a start needs was found; starts nothing.

        Raises:
            BadInput: naming what is missing, and what to do.
        """
        ...

    def running(self, places: Places) -> RunningStack | None:
        """The stack that runs there now, or None; one that was never finished counts as not running."""
        ...

    def up(
        self, places: Places, *, seed: int, progress: Progress, changes: Changes | None = None, instance: str = ""
    ) -> RunningStack:
        """Start every service and return when all are ready; on failure everything is stopped again."""
        ...

    def down(self, places: Places, *, keep_logs: bool = True, instance: str = "") -> int:
        """End everything that the stack ever started and remove its data; returns how many things there were."""
        ...

    def leftovers(self, places: Places, instance: str = "") -> list[str]:
        """What of a stack is still there though it should not be, one line each."""
        ...

    def attach(self, reference: StackReference) -> RunningStack:
        """Reattach from a reference alone.

        Raises:
            StackGone: when that very stack does not exist any more.
        """
        ...

    def planned_limits(
        self, compose: ComposeFile, changed: Mapping[str, float] | None = None
    ) -> tuple[dict[str, float | None], list[str]]:
        """CPU limits in cores by service as a start sets them on this machine, and what to say of them."""
        ...

    def refusal(self, compose: ComposeFile, service: str, fault: str) -> str:
        """Why a service, as it is run there, cannot take a fault that it allows; empty when it can."""
        ...


def _local() -> Backend:
    from tocsin.stack.local import lifecycle  # noqa: PLC0415 - imported when it is used

    return lifecycle


def _compose() -> Backend:
    from tocsin.stack.compose import lifecycle  # noqa: PLC0415

    return lifecycle


_LOADERS: dict[str, Callable[[], Backend]] = {LOCAL: _local, "compose": _compose}
BACKENDS = tuple(_LOADERS)


def backend(name: str) -> Backend:
    """A backend by name.

    Raises:
        BadInput: when there is none of that name.
    """
    loader = _LOADERS.get(name)
    if loader is None:
        raise BadInput(f"unknown backend {name!r}; {nearest(name, list(BACKENDS))}")
    return loader()


def folder_name(stack: str, name: str) -> str:
    """The name of a stack's runtime folder: each backend has its own."""
    return stack if name == LOCAL else f"{stack}-{name}"


def check_parts(places: Places) -> ComposeFile:
    """The stack's compose file, once everything that a start needs was found; starts nothing.

    Raises:
        BadInput: naming what is missing, and what to do.
    """
    return backend(places.backend).check_parts(places)


def running(places: Places) -> RunningStack | None:
    """The stack that runs there now, or None; one that was never finished counts as not running."""
    return backend(places.backend).running(places)


def leftovers(places: Places, instance: str = "") -> list[str]:
    """What of a stack is still there though it should not be, one line each."""
    return backend(places.backend).leftovers(places, instance)


def attach(reference: StackReference) -> RunningStack:
    """Reattach to a running stack of any backend.

    Raises:
        BadInput: when the backend is unknown.
        StackGone: when that very stack does not run any more.
    """
    return backend(reference.backend).attach(reference)


def check_can_take(name: str, compose: ComposeFile, service: str, fault: str) -> None:
    """A service of a stack must be run in a way that a fault can do something to.

    Raises:
        BadInput: saying what is in the way, and which backend to take instead.
    """
    why = backend(name).refusal(compose, service, fault)
    if why:
        others = [f"--stack {other}" for other in BACKENDS if not backend(other).refusal(compose, service, fault)]
        hint = f"Run it with {' or '.join(others)}." if others else ""
        raise BadInput(f"{service} of the backend {name} cannot take {fault}: {why}", hint=hint)


def not_running(name: str) -> StackNotReady:
    """The error for a stack that should run and does not."""
    return StackNotReady(f"the stack {name} is not running", hint=f"Start it with: tocsin up {name}")
