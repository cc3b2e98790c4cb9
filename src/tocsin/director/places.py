"""Where a stack's files are in a workspace, and by which backend it runs there."""

from tocsin.stack.backends import BACKENDS, folder_name, leftovers, running
from tocsin.stack.places import LOCAL, Places
from tocsin.workspace import Workspace


def stack_places(workspace: Workspace, stack: str, backend: str = LOCAL) -> Places:
    """The places of a stack's files; each backend has a runtime folder of its own.

    Raises:
        BadInput: when the workspace has no such stack.
    """
    return Places(
        compose=workspace.compose_file(stack),
        folder=workspace.stack_folder(folder_name(stack, backend)),
        cache=workspace.cache,
        tools=workspace.tools,
        backend=backend,
    )


def all_places(workspace: Workspace, stack: str, backend: str | None = None) -> list[Places]:
    """The places of a stack with each backend, or with the one that is asked for."""
    return [stack_places(workspace, stack, name) for name in ([backend] if backend else BACKENDS)]


def used_places(workspace: Workspace, stack: str, backend: str | None = None) -> Places:
    """The places where a stack runs, or where it has left something; of the default backend when there are none."""
    every = all_places(workspace, stack, backend)
    for places in every:
        if running(places) is not None:
            return places
    return next((places for places in every if leftovers(places)), every[0])
