"""``tocsin compare``: runs of one drill side by side."""

from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Any

import typer

from tocsin.cli.output import print_json, results, say
from tocsin.retro.comparison import Comparison, compare_runs, write_comparison
from tocsin.tape.store import TapeReader
from tocsin.workspace import Workspace


def register(application: typer.Typer) -> None:
    """Add the verb."""
    application.command()(compare)


def compare(
    runs: Annotated[list[str], typer.Argument(help="two runs or more; the others are compared with the first")],
    as_json: Annotated[bool, typer.Option("--json", help="print the figures instead of writing the document")] = False,
) -> None:
    """Compare runs: before/after tables and charts, paired differences with intervals, scaling; from tapes alone."""
    workspace = Workspace.find()
    document, found = compare_folders(workspace, [workspace.run(run) for run in runs], write=not as_json)
    if as_json:
        print_json(as_object(found))
        return
    for name in found.unlike:
        say(f"the runs differ in more than their variant: {name}")
    results.print(str(document))


def compare_folders(workspace: Workspace, folders: list[Path], *, write: bool = True) -> tuple[Path, Comparison]:
    """The comparison of the runs in some folders, and its document, which is written if asked for.

    Raises:
        BadInput: when there are fewer than two, or a tape is broken or without load.
    """
    target = workspace.comparisons / folders[0].name
    with ExitStack() as stack:
        readers = [stack.enter_context(TapeReader.open(folder / "tape.db")) for folder in folders]
        if write:
            write_comparison(readers, target, workspace.template("comparison.md.j2"))
        return target / "comparison.md", compare_runs(readers)


def as_object(found: Comparison) -> dict[str, Any]:
    """The figures as one JSON object."""
    return {
        "drill": found.base.meta.drill_name,
        "runs": [
            {"run": side.meta.run, "variant": side.meta.variant, "verdict": side.state.verdict} for side in found.sides
        ],
        "unlike": found.unlike,
        "paired": {
            label: [vars(one) | {"change": one.change, "differs": one.differs} for one in rows]
            for label, rows in found.paired.items()
        },
        "predictions": [vars(one) | {"error": one.error} for one in found.outcomes],
        "scaling": None if found.scaling is None else [vars(row) for row in found.scaling.rows],
    }
