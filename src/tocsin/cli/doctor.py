"""``tocsin doctor``: the parts, their versions, where they were found, and how to get what is missing."""

from dataclasses import asdict
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from tocsin.cli.output import print_json, results, say
from tocsin.errors import MissingProgram
from tocsin.stack.compose.parts import ContainerPart, container_parts
from tocsin.stack.install import install_missing
from tocsin.stack.local.cgroup import host_cores
from tocsin.stack.local.cgroup import works as quotas_work
from tocsin.stack.parts import Found, look_at_all
from tocsin.workspace import Workspace


def register(application: typer.Typer) -> None:
    """Add the verb."""
    application.command()(doctor)


def doctor(
    install: Annotated[bool, typer.Option("--install", help="get what is missing")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="say nothing when everything is there")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object")] = False,
) -> None:
    """List every part with its version and where it was found; --install gets what is missing."""
    tools = Workspace.find().tools
    found = look_at_all(tools)
    missing = [item for item in found if item.path is None]
    if install and missing:
        install_missing(found, tools, say)
        found = look_at_all(tools)
        missing = []
    if as_json:
        containers = [asdict(part) for part in container_parts()]
        parts = [_row(item) for item in found]
        print_json({"parts": parts, "containers": containers, "cpu_quota": quotas_work(), "cores": host_cores()})
    elif not quiet or missing:
        results.print(_table(found))
        quota = "by cgroup" if quotas_work() else "by stop-and-continue cycles (cgroups are not writable here)"
        results.print(f"CPU limits: {quota}; {host_cores()} cores")
        for part in container_parts():
            results.print(_line(part))
    if missing:
        names = ", ".join(item.part.program for item in missing)
        raise MissingProgram(f"missing: {names}", hint="`tocsin doctor --install` gets them.")


def _line(part: ContainerPart) -> str:
    """One part of what `--stack compose` needs; nobody else does."""
    if part.version:
        return f"for --stack compose: {part.part} {part.version}"
    return f"for --stack compose: no {part.part}: {escape(part.problem)}. {escape(part.how)}"


def _row(item: Found) -> dict[str, str | None]:
    return {
        "part": item.part.program,
        "version": item.version or None,
        "found": str(item.path) if item.path else None,
        "purpose": item.part.purpose,
        "how": item.part.how,
    }


def _table(found: list[Found]) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    for heading in ("part", "version", "found", "what it is for"):
        table.add_column(heading)
    for item in found:
        where = str(item.path) if item.path else f"[red]missing[/red]: {item.part.how}"
        table.add_row(item.part.program, item.version or "-", where, item.part.purpose)
    return table
