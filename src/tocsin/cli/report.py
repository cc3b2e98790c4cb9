"""``tocsin report``: the document of a run, from its tape alone, for people and for machines."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from tocsin.cli.output import print_json, results
from tocsin.errors import BadInput
from tocsin.retro import document_name, update_runbook, write_document, write_page
from tocsin.retro.export import write_junit
from tocsin.retro.language import LANGUAGES, Language
from tocsin.retro.score import Twin, is_twin, measure_twin, score_run
from tocsin.tape.fold import fold, run_result
from tocsin.tape.store import TapeReader
from tocsin.workspace import Workspace


class Form(StrEnum):
    """What a report is written as."""

    md = "md"
    html = "html"
    json = "json"
    junit = "junit"


class Lang(StrEnum):
    """What a document is written in."""

    en = "en"
    ko = "ko"


def register(application: typer.Typer) -> None:
    """Add the verb."""
    application.command()(report)


def report(
    run: Annotated[str, typer.Argument(help="a run's id, the beginning of it, `last`, or a path to a tape")],
    form: Annotated[
        Form,
        typer.Option(
            "--format",
            help="md: the document and its pictures; html: one file for phone and print; json: as `run --json`, "
            "printed; junit: for CI",
        ),
    ] = Form.md,
    lang: Annotated[Lang, typer.Option(help="language of md and html; json and junit have none")] = Lang.en,
    runbook: Annotated[
        bool, typer.Option("--runbook", help="bring the runbook pages of the run's faults up to date as well")
    ] = False,
) -> None:
    """Write the document of a run again; no stack is needed."""
    workspace, say = Workspace.find(), LANGUAGES[lang.value]
    folder = workspace.run(run)
    with TapeReader.open(folder / "tape.db") as reader:
        if form is Form.json:
            _print_json(reader, workspace)
        else:
            results.print(str(_write(reader, workspace, form, say)))
        for page in _runbooks(reader, workspace, say) if runbook else []:
            results.print(str(page))


def _print_json(reader: TapeReader, workspace: Workspace) -> None:
    state = fold(reader.meta, reader.events())
    document = workspace.incident(reader.meta.run) / document_name(reader)
    found = run_result(state, reader.meta, str(reader.path), str(document)).model_dump(mode="json")
    scored = score_run(reader, twin=_twin(reader, workspace))
    found["scores"] = [
        {"who": one.who, "total": one.total, "lines": [line.model_dump(exclude={"who"}) for line in one.lines]}
        for one in scored
    ]
    print_json(found)


def _write(reader: TapeReader, workspace: Workspace, form: Form, say: Language) -> Path:
    if form is Form.junit:
        return write_junit(reader, workspace.incident(reader.meta.run) / "junit.xml")
    write = write_page if form is Form.html else write_document
    folder = workspace.incident(reader.meta.run, say.code)
    return write(reader, folder, workspace.template, say, _twin(reader, workspace))


def _twin(reader: TapeReader, workspace: Workspace) -> Twin | None:
    """The newest run of the same drill and seed in which nobody responded; a tape that cannot be read is no twin."""
    if reader.meta.responder == "none":
        return None
    for folder in reversed(workspace.run_folders()):
        try:
            with TapeReader.open(folder / "tape.db") as other:
                found = measure_twin(other) if is_twin(reader.meta, other.meta) else None
        except BadInput:
            continue
        if found is not None:
            return found
    return None


def _runbooks(reader: TapeReader, workspace: Workspace, say: Language) -> list[Path]:
    """The pages of the run's faults, brought up to date."""
    state = fold(reader.meta, reader.events())
    template = workspace.template(say.template("runbook.md.j2"))
    faults = dict.fromkeys(injection.fault for injection in state.injections)
    return [update_runbook(reader, workspace.runbook(fault, say.code), template, say) for fault in faults]
