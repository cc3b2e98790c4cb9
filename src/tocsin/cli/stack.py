"""``tocsin up`` and ``tocsin down``: a stack without a drill."""

from typing import Annotated

import typer

from tocsin import clock
from tocsin.cli.output import results, say
from tocsin.director.gate import check_may_start, stack_lock
from tocsin.director.interrupts import Interrupts
from tocsin.director.places import stack_places
from tocsin.director.session import new_run_folder
from tocsin.director.standup import stand_up, start_for
from tocsin.stack.local.backend import LocalStack
from tocsin.stack.local.lifecycle import check_programs, running
from tocsin.stack.local.lifecycle import down as take_down
from tocsin.workspace import Workspace

Name = Annotated[str | None, typer.Argument(help="the stack; the workspace's default when left out")]


def register(application: typer.Typer) -> None:
    """Add both verbs."""
    application.command()(up)
    application.command()(down)


def up(stack: Name = None, seed: Annotated[int, typer.Option(help="seed of the data")] = 7) -> None:
    """Start a stack and leave it running; drills use it as it is."""
    workspace = Workspace.find()
    check_may_start(workspace)
    places = stack_places(workspace, stack or workspace.default_stack)
    name = places.compose.parent.name
    with stack_lock(workspace, name) as lock:
        found = running(places)
        if found is not None:
            results.print(f"The stack {found.compose.name} is running already.")
        else:
            check_programs(places)
            begun = clock.monotonic()
            folder = new_run_folder(workspace, f"up-{name}")
            found = stand_up(start_for(places, name, seed), folder, Interrupts(workspace), say, lock=lock)
            results.print(f"The stack {found.compose.name} is up after {clock.monotonic() - begun:.1f} s.")
        _addresses(found)


def down(stack: Name = None) -> None:
    """Stop a stack and remove its data; its logs are kept."""
    workspace = Workspace.find()
    places = stack_places(workspace, stack or workspace.default_stack)
    with stack_lock(workspace, places.compose.parent.name):
        begun = clock.monotonic()
        ended = take_down(places)
        text = f"{ended} processes ended in {clock.monotonic() - begun:.1f} s." if ended else "It was not running."
        results.print(text)


def _addresses(stack: LocalStack) -> None:
    for replica in stack.state.replicas:
        ports = ", ".join(f"{name} 127.0.0.1:{port}" for name, port in replica.ports.items())
        results.print(f"  {replica.name:<22} {ports}")
