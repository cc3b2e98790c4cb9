"""``tocsin inject``: one fault by hand on a running stack, for a bounded time."""

from dataclasses import asdict
from typing import Annotated, Any

import typer

from tocsin.cli.output import print_json, results, say
from tocsin.cli.which import named
from tocsin.director.gate import check_may_start, stack_lock
from tocsin.director.interrupts import Interrupts
from tocsin.director.places import used_places
from tocsin.director.session import new_run_folder
from tocsin.director.single import Order, SingleInjection, inject_once
from tocsin.errors import Aborted, BadInput, UndoFailed
from tocsin.inject.plan import check_fault
from tocsin.inject.safety import check_confirmed, too_long
from tocsin.model.drill import FaultPlan
from tocsin.stack.backends import check_can_take, not_running, running
from tocsin.stack.composefile import read_compose_file
from tocsin.workspace import Workspace
from tocsin.yamlfile import parse_word


def register(application: typer.Typer) -> None:
    """Add the verb."""
    application.command()(inject)


def inject(
    fault: Annotated[str, typer.Argument(help="a fault; `tocsin list faults` shows them")],
    target: Annotated[str, typer.Option("--target", help="the service or edge to break")],
    duration: Annotated[str, typer.Option("--for", help="how long it stays in place, for example 30s or 2m")] = "30s",
    parameters: Annotated[
        list[str] | None, typer.Option("--with", help="a parameter as name=value; `tocsin show FAULT` lists them")
    ] = None,
    stack: Annotated[
        str | None, typer.Option(help="the stack or its backend (local, compose); whatever runs by default")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="agree to a fault that cannot be undone")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object")] = False,
) -> None:
    """Break one thing on a running stack (`tocsin up`), prove that it bites, and put it back after --for."""
    workspace = Workspace.find()
    plan = _plan(fault, target, duration, parameters or [])
    asked, backend_name = named(stack)
    name = asked or workspace.default_stack
    places = used_places(workspace, name, backend_name)
    compose = read_compose_file(places.compose)
    check_fault(plan, compose.topology)
    check_can_take(places.backend, compose, plan.target, plan.fault)
    wrong = too_long(plan, compose.extension.limits)
    if wrong:
        raise BadInput(wrong)
    check_confirmed(fault, confirmed=yes)
    check_may_start(workspace)
    with stack_lock(workspace, name) as lock:
        live = running(places)
        if live is None:
            raise not_running(name)
        folder = new_run_folder(workspace, f"inject-{fault}")
        found = inject_once(Order(plan, yes), live, folder, Interrupts(workspace), say, lock=lock)
    if as_json:
        print_json(asdict(found))
    _conclude(found, quiet=as_json)


def _plan(fault: str, target: str, duration: str, parameters: list[str]) -> FaultPlan:
    try:
        words = {"fault": fault, "target": target, "for": duration, "with": dict(map(_pair, parameters))}
        plan = FaultPlan.model_validate(words)
    except ValueError as error:
        raise BadInput(f"--for {duration}: write it as 200ms, 20s, 5m or 1h") from error
    if plan.duration <= 0:
        raise BadInput(f"--for must be above 0, not {plan.duration:g} s")
    return plan


def _pair(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise BadInput(f"--with {text}: a parameter is written name=value")
    return name, parse_word(value)


def _conclude(found: SingleInjection, *, quiet: bool) -> None:
    if found.residue:
        raise UndoFailed(
            "some things could not be undone:\n" + "\n".join(f"  {line}" for line in found.residue),
            hint="Mend what is named, then run `tocsin recover`.",
        )
    if found.aborted:
        raise Aborted(f"{found.aborted}; everything is undone")
    if not quiet:
        results.print(f"{found.fault} on {found.target}: undone and verified after {found.removed or 0.0:.1f} s.")
