"""``tocsin gameday``: several drills as one exercise, from a file to a summary."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from tocsin.cli.output import print_json, progress, results, say, waiting_line
from tocsin.cli.responder import parse_responder
from tocsin.cli.watching import watcher_for
from tocsin.cli.which import BackendName
from tocsin.director.plan import Plan
from tocsin.director.session import Ran, RunOptions, run_drill
from tocsin.gameday import Chosen, newest_record, read_gameday
from tocsin.gameday.runner import Hands, begin_gameday, exit_code, resume_gameday
from tocsin.model.gameday import DrillEntry, GameDay, GameDayRecord
from tocsin.retro.gameday import write_summary
from tocsin.workspace import Workspace


def register(application: typer.Typer) -> None:
    """Add the verb."""
    application.command()(gameday)


def gameday(
    file: Annotated[str, typer.Argument(help="a game day's file or name; `tocsin list gamedays` shows them")],
    responder: Annotated[
        str, typer.Option(help="who responds in every drill: auto, human, script (each drill's own), script:FILE, none")
    ] = "auto",
    stack: Annotated[
        BackendName | None, typer.Option(help="which backend runs the stacks; each drill's own choice by default")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="seed of order, data, load and arrivals")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="go on with the newest one that was interrupted")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="agree to faults that cannot be undone")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="print the record as one JSON object on standard output and nothing else")
    ] = False,
) -> None:
    """Run the drills of a game day, write its summary, and end with the gravest of their exit codes."""
    workspace = Workspace.find()
    mode, script = parse_responder(responder)
    chosen = Chosen(mode or "auto", script or "", stack, yes, seed)
    with waiting_line() as show_progress:
        hands = Hands(_player(show_progress), say, show_progress)
        folder, record = _run(workspace, file, chosen, hands, resume=resume)
    _tell_people(record.plan.debrief, "Debrief")
    documents = write_summary(folder, record)
    if as_json:
        print_json(record.model_dump(mode="json", by_alias=True) | {"documents": [str(path) for path in documents]})
    else:
        _show(record, documents)
    sys.exit(exit_code(record))


def _run(workspace: Workspace, file: str, chosen: Chosen, hands: Hands, *, resume: bool) -> tuple[Path, GameDayRecord]:
    if resume:
        folder = newest_record(workspace, workspace.gameday(file).stem)
        say(f"resuming {folder.name}")
        return resume_gameday(workspace, folder, chosen, hands)
    plan = read_gameday(workspace, file, chosen)
    _brief(plan.gameday)
    return begin_gameday(workspace, plan, chosen, hands)


def _player(show_progress: Callable[[str], None]) -> Callable[[Plan, Callable[[Path], None]], Ran]:
    def play(plan: Plan, on_folder: Callable[[Path], None]) -> Ran:
        options = RunOptions(show_progress=show_progress, on_folder=on_folder)
        return run_drill(plan, options, watcher_for(plan), say)

    return play


def _brief(gameday: GameDay) -> None:
    """What people should know before it begins."""
    progress.print(f"[bold]{escape(gameday.title)}[/bold]")
    progress.print(f"objective: {escape(gameday.objective)}")
    for role, what in gameday.roles.items():
        progress.print(f"  {escape(role)}: {escape(what)}")
    for number, hypothesis in enumerate(gameday.hypotheses, start=1):
        progress.print(f"  hypothesis {number}: {escape(hypothesis)}")
    _tell_people(gameday.briefing, "Briefing")


def _tell_people(text: str, title: str) -> None:
    if text:
        progress.print(f"[bold]{title}[/bold]\n{escape(text.rstrip())}")


def _show(record: GameDayRecord, documents: list[Path]) -> None:
    table = Table(box=None, header_style="bold", pad_edge=False)
    for heading in ("#", "drill", "verdict", "detected", "mitigated", "score", "run"):
        table.add_column(heading)
    for entry in record.entries:
        table.add_row(*map(escape, _row(entry)))
    results.print(table)
    if record.reason:
        results.print(f"ended early: {escape(record.reason)}; `tocsin gameday {record.gameday} --resume` goes on")
    for path in documents:
        results.print(f"written: {escape(str(path))}")


def _row(entry: DrillEntry) -> list[str]:
    stamps = entry.stamps
    return [
        str(entry.number),
        entry.drill,
        entry.verdict or entry.state,
        _seconds(stamps.detected, stamps.impact),
        _seconds(stamps.mitigated, stamps.detected),
        "-" if entry.score is None else f"{entry.score:.0f}",
        entry.run or "-",
    ]


def _seconds(end: float | None, start: float | None) -> str:
    return "-" if end is None or start is None else f"{max(0.0, end - start):.1f} s"
