"""``tocsin list`` and ``tocsin show``: what there is."""

from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.syntax import Syntax
from rich.table import Table

from tocsin.cli.output import print_json, results
from tocsin.errors import BadInput
from tocsin.gameday.record import read_record, records
from tocsin.inject.registry import fault_names, load_fault
from tocsin.load.profile import read_profile
from tocsin.model.drill import Drill
from tocsin.model.gameday import GameDay
from tocsin.model.topology import Edge, ServiceNode
from tocsin.stack.composefile import read_compose_file
from tocsin.suggest import nearest
from tocsin.tape.fold import fold
from tocsin.tape.seal import sealed_meta
from tocsin.tape.store import TapeReader
from tocsin.workspace import Workspace
from tocsin.yamlfile import load_model

Rows = list[dict[str, Any]]
PROBLEM = "problem"


def register(application: typer.Typer) -> None:
    """Add both verbs."""
    application.command(name="list")(list_kind)
    application.command()(show)


def list_kind(
    kind: Annotated[str, typer.Argument(help="drills, gamedays, faults, profiles, stacks or runs")],
    as_json: Annotated[bool, typer.Option("--json", help="one JSON list")] = False,
) -> None:
    """List drills, game days, faults, load profiles, stacks or runs (newest last)."""
    if kind not in KINDS:
        raise BadInput(f"unknown kind {kind!r}; {nearest(kind, list(KINDS))}")
    rows = KINDS[kind](Workspace.find())
    if as_json:
        print_json(rows)
        return
    if not rows:
        results.print(f"no {kind} yet")
        return
    results.print(_table(rows))


def _table(rows: Rows) -> Table:
    """Rows as a table; the column of problems is left out when there is none."""
    headings = [name for name in rows[0] if name != PROBLEM or any(row[name] for row in rows)]
    table = Table(box=None, header_style="bold", pad_edge=False)
    for heading in headings:
        table.add_column(heading)
    for row in rows:
        table.add_row(*("-" if row[name] is None else escape(str(row[name])) for name in headings))
    return table


def show(name: Annotated[str, typer.Argument(help="a drill, game day, fault, load profile, stack or run")]) -> None:
    """Show one drill, game day, fault, load profile, stack or run."""
    workspace = Workspace.find()
    if name in fault_names():
        _show_fault(workspace, name)
        return
    path = _file_of(workspace, name)
    if path is not None:
        _show_file(path)
        return
    known = [*fault_names(), *workspace.drills(), *workspace.gamedays(), *workspace.profiles(), *workspace.stacks()]
    raise BadInput(f"nothing is called {name!r}; {nearest(name, known)}")


def _show_file(path: Path) -> None:
    """A file in colour for people, and as it is for programs."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path}: cannot be shown: {error}") from error
    if not results.is_terminal:
        results.out(text, end="")
        return
    results.print(f"[dim]{path}[/dim]")
    results.print(Syntax(text, path.suffix.lstrip(".").replace("py", "python")))


def _file_of(workspace: Workspace, name: str) -> Path | None:
    for known in (workspace.drills(), workspace.gamedays(), workspace.profiles(), workspace.stacks()):
        if name in known:
            return known[name]
    if Path(name).is_file():
        return Path(name)
    if name in {folder.name for folder in records(workspace)}:
        return _summary(workspace.gameday_records / name)
    if name in {folder.name for folder in workspace.run_folders()}:
        return _document(workspace, name)
    return None


def _summary(folder: Path) -> Path:
    """The summary of a game day, or its record where none was written."""
    return folder / "gameday.md" if (folder / "gameday.md").is_file() else folder / "gameday.json"


def _document(workspace: Workspace, run: str) -> Path:
    from tocsin.retro import DOCUMENTS  # noqa: PLC0415 - brings what draws charts, which `list` does without

    folder = workspace.incidents / run
    written = next((folder / name for name in DOCUMENTS if (folder / name).is_file()), None)
    if written is None:
        raise BadInput(
            f"the run {run} has no document: {folder} has neither {' nor '.join(DOCUMENTS)}",
            hint=f"`tocsin report {run}` writes it from the tape.",
        )
    return written


def _show_fault(workspace: Workspace, name: str) -> None:
    fault = load_fault(name)
    spec = fault.spec
    results.print(f"[bold]{spec.id}[/bold]  {spec.summary}")
    results.print(f"component {spec.component} · undo {spec.undo} · a right diagnosis names {spec.cause}")
    for field_name, field in fault.Parameters.model_fields.items():
        results.print(f"  {field_name} = {field.default!r}  {field.description or ''}")
    for stack, path in workspace.stacks().items():
        topology = read_compose_file(path).topology
        places: list[ServiceNode | Edge] = [*topology.services.values(), *topology.edges.values()]
        targets = [place.name for place in places if name in place.allow]
        results.print(f"targets in {stack}: {', '.join(targets) or 'none'}")


def _drills(workspace: Workspace) -> Rows:
    rows = []
    for name, path in workspace.drills().items():
        drill = load_model(path, Drill)
        faults = ", ".join(plan.fault for plan in drill.faults)
        rows.append({"drill": name, "title": drill.title, "faults": "sealed" if drill.blind else faults or "none"})
    return rows


def _gamedays(workspace: Workspace) -> Rows:
    """Game days there are, each with the last time that it was run."""
    newest = {}
    for folder in records(workspace):
        with suppress(BadInput):
            record = read_record(folder)
            newest[record.gameday] = record
    rows = []
    for name, path in workspace.gamedays().items():
        gameday, last = load_model(path, GameDay), newest.get(name)
        verdicts = [entry.verdict or entry.state for entry in last.entries] if last is not None else []
        rows.append(
            {
                "gameday": name,
                "title": gameday.title,
                "drills": len(gameday.drills),
                "order": gameday.order,
                "last": None if last is None else last.id,
                "state": None if last is None else last.state,
                "verdicts": ", ".join(verdicts) or None,
            }
        )
    return rows


def _faults(_: Workspace) -> Rows:
    specs = [load_fault(name).spec for name in fault_names()]
    return [{"fault": s.id, "component": s.component, "undo": s.undo, "summary": s.summary} for s in specs]


def _profiles(workspace: Workspace) -> Rows:
    found = {name: read_profile(path) for name, path in workspace.profiles().items()}
    return [
        {
            "profile": name,
            "description": profile.description,
            "phases": ", ".join(phase.name for phase in profile.phases) or "none",
            "think": "none" if profile.think is None else f"{profile.think:g} s",
            "time-out": f"{profile.timeout:g} s",
        }
        for name, profile in found.items()
    ]


def _stacks(workspace: Workspace) -> Rows:
    rows = []
    for name, path in workspace.stacks().items():
        rows.append({"stack": name, "services": ", ".join(read_compose_file(path).topology.services)})
    return rows


def _runs(workspace: Workspace) -> Rows:
    return [_run_row(folder) for folder in workspace.run_folders()]


def _run_row(folder: Path) -> dict[str, Any]:
    """One run; of a tape that cannot be read, what is wrong with it."""
    row: dict[str, Any] = dict.fromkeys(("run", "drill", "verdict", "seed", "detected", "classified", PROBLEM))
    row["run"] = folder.name
    try:
        with TapeReader.open(folder / "tape.db") as reader:
            state = fold(reader.meta, reader.events())
            return row | {
                "drill": sealed_meta(reader.meta, "observer", over=state.verdict is not None).drill_name,
                "verdict": state.verdict,
                "seed": reader.meta.seed,
                "detected": state.stamps.detected,
                "classified": state.classified.cause if state.classified else None,
            }
    except BadInput as error:
        return row | {PROBLEM: error.message.removeprefix(f"{folder / 'tape.db'}: ")}  # the row names the run


KINDS = {
    "drills": _drills,
    "gamedays": _gamedays,
    "faults": _faults,
    "profiles": _profiles,
    "stacks": _stacks,
    "runs": _runs,
}
