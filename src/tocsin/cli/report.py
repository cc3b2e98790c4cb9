"""``tocsin report``: the document of a run, from its tape alone."""

from typing import Annotated, Literal

import typer

from tocsin.cli.output import print_json, results
from tocsin.retro import document_name, write_document
from tocsin.tape.fold import fold, run_result
from tocsin.tape.store import TapeReader
from tocsin.workspace import Workspace


def register(application: typer.Typer) -> None:
    """Add the verb."""
    application.command()(report)


def report(
    run: Annotated[str, typer.Argument(help="a run's id, the beginning of it, `last`, or a path to a tape")],
    form: Annotated[
        Literal["md", "json"], typer.Option("--format", help="md writes the document, json prints it")
    ] = "md",
) -> None:
    """Write the document of a run again; no stack is needed."""
    workspace = Workspace.find()
    folder = workspace.run(run)
    with TapeReader.open(folder / "tape.db") as reader:
        target = workspace.incidents / reader.meta.run
        if form == "json":
            state = fold(reader.meta, reader.events())
            document = target / document_name(reader)
            print_json(run_result(state, reader.meta, str(reader.path), str(document)).model_dump(mode="json"))
            return
        results.print(str(write_document(reader, target, workspace.template)))
