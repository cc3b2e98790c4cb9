"""``tocsin list`` and ``tocsin show``: what there is."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.syntax import Syntax
from rich.table import Table

from tocsin.cli.output import print_json, results
from tocsin.errors import BadInput
from tocsin.inject.registry import fault_names, load_fault
from tocsin.load.profile import read_profile
from tocsin.model.drill import Drill
from tocsin.model.topology import Edge, ServiceNode
from tocsin.stack.composefile import read_compose_file
from tocsin.tape.fold import fold
from tocsin.tape.store import TapeReader
from tocsin.workspace import Workspace
from tocsin.yamlfile import load_model, nearest

Rows = list[dict[str, Any]]


def register(application: typer.Typer) -> None:
    """Add both verbs."""
    application.command(name="list")(list_kind)
    application.command()(show)


def list_kind(
    kind: Annotated[str, typer.Argument(help="drills, faults, profiles, stacks or runs")],
    as_json: Annotated[bool, typer.Option("--json", help="one JSON list")] = False,
) -> None:
    """List drills, faults, load profiles, stacks or runs (newest last)."""
    if kind not in KINDS:
        raise BadInput(f"unknown kind {kind!r}; {nearest(kind, list(KINDS))}")
    rows = KINDS[kind](Workspace.find())
    if as_json:
        print_json(rows)
        return
    if not rows:
        results.print(f"no {kind} yet")
        return
    table = Table(box=None, header_style="bold", pad_edge=False)
    for heading in rows[0]:
        table.add_column(heading)
    for row in rows:
        table.add_row(*("-" if value is None else str(value) for value in row.values()))
    results.print(table)


def show(name: Annotated[str, typer.Argument(help="a drill, fault, load profile, stack or run")]) -> None:
    """Show one drill, fault, load profile, stack or run."""
    workspace = Workspace.find()
    if name in fault_names():
        _show_fault(workspace, name)
        return
    path = _file_of(workspace, name)
    if path is not None:
        _show_file(path)
        return
    known = [*fault_names(), *workspace.drills(), *workspace.profiles(), *workspace.stacks()]
    raise BadInput(f"nothing is called {name!r}; {nearest(name, known)}")


def _show_file(path: Path) -> None:
    """A file in colour for people, and as it is for programs."""
    text = path.read_text(encoding="utf-8")
    if not results.is_terminal:
        results.out(text, end="")
        return
    results.print(f"[dim]{path}[/dim]")
    results.print(Syntax(text, path.suffix.lstrip(".").replace("py", "python")))


def _file_of(workspace: Workspace, name: str) -> Path | None:
    for known in (workspace.drills(), workspace.profiles(), workspace.stacks()):
        if name in known:
            return known[name]
    if Path(name).is_file():
        return Path(name)
    for folder in workspace.run_folders():
        if folder.name == name:
            return workspace.incidents / name / "incident.md"
    return None


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


def _faults(_: Workspace) -> Rows:
    specs = [load_fault(name).spec for name in fault_names()]
    return [{"fault": s.id, "component": s.component, "undo": s.undo, "summary": s.summary} for s in specs]


def _profiles(workspace: Workspace) -> Rows:
    found = {name: read_profile(path) for name, path in workspace.profiles().items()}
    return [{"profile": name, "description": profile.description} for name, profile in found.items()]


def _stacks(workspace: Workspace) -> Rows:
    rows = []
    for name, path in workspace.stacks().items():
        rows.append({"stack": name, "services": ", ".join(read_compose_file(path).topology.services)})
    return rows


def _runs(workspace: Workspace) -> Rows:
    rows = []
    for folder in workspace.run_folders():
        with TapeReader.open(folder / "tape.db") as reader:
            state = fold(reader.meta, reader.events())
            rows.append(
                {
                    "run": folder.name,
                    "drill": reader.meta.drill_name,
                    "verdict": state.verdict,
                    "seed": reader.meta.seed,
                    "detected": state.stamps.detected,
                    "classified": state.classified.cause if state.classified else None,
                }
            )
    return rows


KINDS = {"drills": _drills, "faults": _faults, "profiles": _profiles, "stacks": _stacks, "runs": _runs}
