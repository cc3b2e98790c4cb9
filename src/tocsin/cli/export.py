"""``tocsin export``: a run for other programs."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from tocsin.cli.output import results
from tocsin.errors import BadInput
from tocsin.retro.export import write_dataset, write_junit, write_lines
from tocsin.tape.store import TapeReader
from tocsin.workspace import Workspace


def register(application: typer.Typer) -> None:
    """Add the verb."""
    application.command()(export)


def export(
    run: Annotated[str, typer.Argument(help="a run's id, the beginning of it, `last`, or a path to a tape")],
    form: Annotated[
        Literal["jsonl", "csv", "junit"],
        typer.Option("--format", help="jsonl: everything; csv: a case of a root-cause data set; junit: for CI"),
    ] = "jsonl",
    out: Annotated[
        Path | None, typer.Option(help="the file (csv: the folder) to write; below the run's own folder by default")
    ] = None,
) -> None:
    """Write a run as JSON Lines, as CSV in the layout of RCAEval, or as JUnit XML, and print where it is."""
    folder = Workspace.find().run(run)
    own = folder / "export"
    try:
        with TapeReader.open(folder / "tape.db") as reader:
            if form == "csv":
                written = write_dataset(reader, out or own)
            elif form == "junit":
                written = write_junit(reader, out or own / "junit.xml")
            else:
                written = write_lines(reader, out or own / "run.jsonl")
    except OSError as error:
        raise BadInput(f"{error.filename or out or own} cannot be written: {error.strerror}") from error
    results.print(str(written))
