"""Where a stack's files are in a workspace."""

from tocsin.stack.local.lifecycle import Places
from tocsin.workspace import Workspace


def stack_places(workspace: Workspace, stack: str) -> Places:
    """The places of a stack's files.

    Raises:
        BadInput: when the workspace has no such stack.
    """
    return Places(
        compose=workspace.compose_file(stack),
        folder=workspace.stack_folder(stack),
        cache=workspace.cache,
        tools=workspace.tools,
    )
