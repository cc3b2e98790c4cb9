"""``tocsin console``: what a run looks like while it goes on, and afterwards, in a terminal."""

import getpass
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from tocsin.errors import BadInput, TocsinError

if TYPE_CHECKING:
    from textual.screen import Screen

Roles = Literal["responder", "commander", "scribe", "observer", "facilitator"]


def register(application: typer.Typer) -> None:
    """Add the verb."""
    application.command()(console)


def console(
    what: Annotated[
        str | None,
        typer.Argument(
            metavar="[RUN|DRILL]",
            help="a run (its id, the beginning of it, `last`, a path to a tape), or a drill to start; home without it",
        ),
    ] = None,
    role: Annotated[Roles, typer.Option(help="in which role you take part")] = "responder",
    name: Annotated[
        str | None, typer.Option(help="your name, as the tape is to have it; the user's by default")
    ] = None,
    blind: Annotated[bool, typer.Option("--blind", help="of a drill to start: seal its cause")] = False,
    speed: Annotated[float, typer.Option(min=1, max=60, help="of a replay: how many times faster")] = 1.0,
    light: Annotated[bool, typer.Option("--light", help="for terminals with a light background")] = False,
) -> None:
    """Watch a run, take part in it, start one, or play one again.

    Leaving the console never touches a drill that runs.
    """
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise BadInput("the console needs a terminal", hint="`tocsin replay RUN` plays a tape as text.")
    from tocsin.console.app import ConsoleApp  # noqa: PLC0415 - the terminal is looked at before it is taken

    app = ConsoleApp(first_screen(what, name or getpass.getuser(), role, blind=blind, speed=speed), light=light)
    app.run()
    if app.failure is not None:
        raise app.failure
    sys.exit(TocsinError.exit_code if app.return_code else 0)  # Textual's own 1 would read as the verdict `missed`


def first_screen(
    what: str | None, who: str, role: Roles, *, blind: bool = False, speed: float = 1.0
) -> "Callable[[], Screen[None]]":
    """What makes the first screen: home, a run, or a drill that is started; imported while the terminal waits."""

    def load() -> "Screen[None]":
        from tocsin.console.screens.home import HomeScreen  # noqa: PLC0415
        from tocsin.workspace import Workspace  # noqa: PLC0415

        workspace = Workspace.find()
        if what is None:
            return HomeScreen(workspace, who, role)
        from tocsin.console.open import launch_screen, run_screen  # noqa: PLC0415

        if what in workspace.drills() or what.endswith((".yaml", ".yml")):
            workspace.drill(what)
            words = ["run", what, "--responder", "human", *(["--blind"] if blind else [])]
            return launch_screen(workspace, words, who, role)
        return run_screen(workspace, workspace.run(what), who, role, speed=speed)

    return load
