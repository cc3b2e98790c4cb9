"""``tocsin console``: what a run looks like while it goes on, and afterwards, in a terminal."""

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from tocsin.errors import BadInput

if TYPE_CHECKING:
    from textual.screen import Screen


def register(application: typer.Typer) -> None:
    """Add the verb."""
    application.command()(console)


def console(
    run: Annotated[
        str | None, typer.Argument(help="a run's id, the beginning of it, `last`, or a path to a tape")
    ] = None,
    speed: Annotated[float, typer.Option(min=1, max=60, help="of a replay: how many times faster")] = 1.0,
    light: Annotated[bool, typer.Option("--light", help="for terminals with a light background")] = False,
) -> None:
    """Watch a run, take part in it, or play its tape again."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise BadInput("the console needs a terminal", hint="`tocsin replay RUN` plays a tape as text.")
    from tocsin.console.app import ConsoleApp  # noqa: PLC0415 - the terminal is not touched before it is checked

    app = ConsoleApp(_first_screen(run, speed), light=light)
    app.run()
    if app.failure is not None:
        raise app.failure
    sys.exit(app.return_code or 0)


def _first_screen(run: str | None, speed: float) -> "Callable[[], Screen[None]]":
    def load() -> "Screen[None]":
        from tocsin.console.screens.replay import ReplayScreen  # noqa: PLC0415 - imported behind the first screen
        from tocsin.workspace import Workspace  # noqa: PLC0415

        return ReplayScreen(Workspace.find().run(run) / "tape.db", speed=speed)

    return load
