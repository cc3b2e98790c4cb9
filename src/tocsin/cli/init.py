"""``tocsin init``: a workspace of one's own, with a first drill that runs as it is."""

from pathlib import Path
from typing import Annotated

import typer

from tocsin.cli.output import results
from tocsin.errors import BadInput
from tocsin.workspace import MANIFEST, Workspace, bundled_catalogue, make_workspace

EXAMPLE = "kafka/coupon-consumer-pause"


def register(application: typer.Typer) -> None:
    """Add the verb."""
    application.command()(init)


def init(folder: Annotated[Path, typer.Argument(metavar="DIR", help="the folder; made when it is not there")]) -> None:
    """Make a workspace: a manifest, a first drill, and folders for your own; files that exist are never replaced."""
    root = folder.resolve()
    if (root / MANIFEST).exists():
        raise BadInput(f"{folder} is a workspace already", hint=f"`tocsin check` in {folder} reads its drills.")
    if root.exists() and not root.is_dir():
        raise BadInput(f"{folder} is a file; a workspace is a folder")
    example = Workspace(root, (bundled_catalogue(),)).drill(EXAMPLE)
    for path in make_workspace(root, example):
        results.print(f"  {path.relative_to(root)}")
    results.print(f"A workspace is in {folder}. Next: cd {folder} && tocsin run first-drill")
