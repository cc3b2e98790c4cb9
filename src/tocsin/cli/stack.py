"""``tocsin up`` and ``tocsin down``: a stack without a drill."""

from typing import Annotated

import typer

from tocsin import clock
from tocsin.cli.output import results, say
from tocsin.cli.which import Backend, BackendName, Name
from tocsin.director.gate import check_may_start, stack_lock
from tocsin.director.interrupts import Interrupts
from tocsin.director.places import all_places, stack_places
from tocsin.director.session import new_run_folder
from tocsin.director.standup import stand_up, start_for
from tocsin.stack.backends import backend, check_parts, running
from tocsin.stack.places import Places
from tocsin.stack.running import RunningStack
from tocsin.workspace import Workspace


def register(application: typer.Typer) -> None:
    """Add both verbs."""
    application.command()(up)
    application.command()(down)


def up(
    stack: Name = None,
    backend_name: Annotated[BackendName, typer.Option("--stack", help="which backend runs the stack")] = "local",
    seed: Annotated[int, typer.Option(help="seed of the data")] = 7,
) -> None:
    """Start a stack and leave it running; drills use it as it is."""
    workspace = Workspace.find()
    check_may_start(workspace)
    places = stack_places(workspace, stack or workspace.default_stack, backend_name)
    name = places.compose.parent.name
    with stack_lock(workspace, name) as lock:
        found = running(places)
        if found is not None:
            results.print(f"The stack {found.compose.name} is running already.")
        else:
            check_parts(places)
            begun = clock.monotonic()
            folder = new_run_folder(workspace, f"up-{name}")
            found = stand_up(start_for(places, name, seed), folder, Interrupts(workspace), say, lock=lock)
            results.print(f"The stack {found.compose.name} is up after {clock.monotonic() - begun:.1f} s.")
        _addresses(found)


def down(stack: Name = None, backend_name: Backend = None) -> None:
    """Stop a stack and remove its data; its logs are kept."""
    workspace = Workspace.find()
    every = all_places(workspace, stack or workspace.default_stack, backend_name)
    with stack_lock(workspace, every[0].compose.parent.name):
        told = [text for places in every if (text := _take_down(places))]
    results.print("\n".join(told) or "It was not running.")


def _take_down(places: Places) -> str:
    """End a stack with one backend; what there was to end, empty when nothing."""
    begun, by = clock.monotonic(), backend(places.backend)
    ended = by.down(places)
    return f"{ended} {by.THINGS} ended in {clock.monotonic() - begun:.1f} s." if ended else ""


def _addresses(stack: RunningStack) -> None:
    for replica in stack.looks():
        ports = ", ".join(f"{name} 127.0.0.1:{port}" for name, port in replica.ports.items())
        results.print(f"  {replica.name:<22} {ports}")
