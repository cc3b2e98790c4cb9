"""Which stack a verb means, and by which backend it runs: the options that several verbs share."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from tocsin.stack.backends import BACKENDS
from tocsin.workspace import Workspace

BackendName = Literal["local", "compose"]
Name = Annotated[str | None, typer.Argument(help="the stack; the workspace's default when left out")]
Backend = Annotated[BackendName | None, typer.Option("--stack", help="the backend; whichever runs it when left out")]


def named(word: str | None) -> tuple[str | None, str | None]:
    """(stack, backend) of a word that names one of the two."""
    return (None, word) if word in BACKENDS else (word, None)


def is_gameday(workspace: Workspace, word: str) -> bool:
    """True when a word names a game day: by its name, or by a file in a folder of game days."""
    path = Path(word)
    if path.suffix in (".yaml", ".yml"):
        return path.parent.name == "gamedays"
    return word in workspace.gamedays() and word not in workspace.drills()
