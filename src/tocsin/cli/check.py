"""``tocsin check``: read drills and everything they refer to, start nothing."""

from pathlib import Path
from typing import Annotated

import typer

from tocsin.cli.output import results
from tocsin.cli.which import is_gameday
from tocsin.director.plan import Choices, make_plan, read_playbooks
from tocsin.errors import BadInput
from tocsin.gameday import Chosen, read_gameday
from tocsin.load.check import check_imports
from tocsin.workspace import Workspace


def register(application: typer.Typer) -> None:
    """Add the verb."""
    application.command()(check)


def check(
    paths: Annotated[list[str] | None, typer.Argument(help="drill or game day files; all when left out")] = None,
) -> None:
    """Check drills and game days with their load profiles, faults, stacks and playbooks; every mistake is listed."""
    workspace = Workspace.find()
    gamedays = [str(path) for path in workspace.gamedays().values()]
    chosen = paths or [*(str(path) for path in workspace.drills().values()), *gamedays]
    if not chosen:
        raise BadInput("there is no drill here", hint="`tocsin init DIR` makes a workspace with examples.")
    read_playbooks(workspace)
    mistakes: list[str] = []
    profiles = set() if paths else set(workspace.profiles().values())
    for path in chosen:
        try:
            profiles |= _check_one(workspace, path)
        except BadInput as error:
            mistakes.append(str(error))
    for profile in sorted(profiles):
        mistakes += _import_mistake(profile)
    if mistakes:
        raise BadInput("\n".join(mistakes))
    results.print(
        f"{len(chosen)} drills and game days are sound." if len(chosen) > 1 else f"{_short(chosen[0])} is sound."
    )


def _check_one(workspace: Workspace, path: str) -> set[Path]:
    """Check a drill or a game day; the load profiles that it uses."""
    if is_gameday(workspace, path):
        read_gameday(workspace, path, Chosen())
        return set()
    return {make_plan(workspace, path, Choices()).profile_path}


def _import_mistake(profile: Path) -> list[str]:
    try:
        check_imports(profile)
    except BadInput as error:
        return [error.message]
    return []


def _short(path: str) -> str:
    given = Path(path)
    return str(given.relative_to(Path.cwd())) if given.is_relative_to(Path.cwd()) else path
