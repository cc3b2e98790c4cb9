"""``tocsin report``: the document of a run, from its tape alone, for people and for machines."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from tocsin.cli.output import print_json, results
from tocsin.retro import document_name, gameday, update_runbook, write_document, write_page
from tocsin.retro.export import write_junit
from tocsin.retro.language import LANGUAGES, Language
from tocsin.retro.score import find_twin, score_run
from tocsin.tape.fold import fold
from tocsin.tape.result import run_result
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
    run: Annotated[
        str, typer.Argument(help="a run's id, the beginning of it, `last`, a path to a tape, or the id of a game day")
    ],
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
    """Write the document of a run, or the summary of a game day, again; no stack is needed."""
    workspace, say = Workspace.find(), LANGUAGES[lang.value]
    if (workspace.gameday_records / run).is_dir():
        _gameday(workspace, workspace.gameday_records / run, form, say)
        return
    folder = workspace.run(run)
    with TapeReader.open(folder / "tape.db") as reader:
        if form is Form.json:
            _print_json(reader, workspace)
        else:
            results.print(str(_write(reader, workspace, form, say)))
        for page in _runbooks(reader, workspace, say) if runbook else []:
            results.print(str(page))


def _gameday(workspace: Workspace, folder: Path, form: Form, say: Language) -> None:
    """The summary of a game day; languages other than English have a folder of their own below its folder."""
    record = gameday.read(folder)
    if form is Form.json:
        print_json(record.model_dump(mode="json", by_alias=True))
        return
    target = folder if say.code == "en" else folder / say.code
    earlier = gameday.earlier_records(folder, record)
    written = gameday.write_summary(target, record, earlier, workspace.template, say)
    endings = {Form.md: ".md", Form.html: ".html", Form.junit: ".xml"}
    results.print(str(next(path for path in written if path.suffix == endings[form])))


def _print_json(reader: TapeReader, workspace: Workspace) -> None:
    state = fold(reader.meta, reader.events())
    document = workspace.incident(reader.meta.run) / document_name(reader)
    found = run_result(state, reader.meta, str(reader.path), str(document)).model_dump(mode="json")
    scored = score_run(reader, twin=find_twin(reader, workspace.tapes()))
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
    return write(reader, folder, workspace.template, say, find_twin(reader, workspace.tapes()))


def _runbooks(reader: TapeReader, workspace: Workspace, say: Language) -> list[Path]:
    """The pages of the run's faults, brought up to date."""
    state = fold(reader.meta, reader.events())
    template = workspace.template(say.template("runbook.md.j2"))
    faults = dict.fromkeys(injection.fault for injection in state.injections)
    return [update_runbook(reader, workspace.runbook(fault, say.code), template, say) for fault in faults]
