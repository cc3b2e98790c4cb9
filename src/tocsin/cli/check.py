"""``tocsin check``: read drills and everything they refer to, start nothing."""

from pathlib import Path
from typing import Annotated

import typer

from tocsin.cli.output import results
from tocsin.director.plan import Choices, make_plan, read_playbooks
from tocsin.errors import BadInput
from tocsin.load.check import check_imports
from tocsin.workspace import Workspace


def register(application: typer.Typer) -> None:
    """Add the verb."""
    application.command()(check)


def check(
    paths: Annotated[list[str] | None, typer.Argument(help="drill files; all of them when left out")] = None,
) -> None:
    """Check drills with their load profiles, faults, stacks and playbooks; every mistake is listed."""
    workspace = Workspace.find()
    chosen = paths or [str(path) for path in workspace.drills().values()]
    if not chosen:
        raise BadInput("there is no drill here", hint="`tocsin init DIR` makes a workspace with examples.")
    read_playbooks(workspace)
    mistakes: list[str] = []
    profiles = set() if paths else set(workspace.profiles().values())
    for path in chosen:
        try:
            profiles.add(make_plan(workspace, path, Choices()).profile_path)
        except BadInput as error:
            mistakes.append(str(error))
    for profile in sorted(profiles):
        mistakes += _import_mistake(profile)
    if mistakes:
        raise BadInput("\n".join(mistakes))
    results.print(f"{len(chosen)} drills are sound." if len(chosen) > 1 else f"{_short(chosen[0])} is sound.")


def _import_mistake(profile: Path) -> list[str]:
    try:
        check_imports(profile)
    except BadInput as error:
        return [error.message]
    return []


def _short(path: str) -> str:
    given = Path(path)
    return str(given.relative_to(Path.cwd())) if given.is_relative_to(Path.cwd()) else path
