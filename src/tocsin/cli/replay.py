"""``tocsin replay``: a tape played as text, with no stack running."""

from typing import Annotated

import typer

from tocsin import clock
from tocsin.cli.events import event_line
from tocsin.cli.output import results
from tocsin.errors import BadInput
from tocsin.tape.replay import replay as play
from tocsin.tape.store import TapeReader
from tocsin.workspace import Workspace


def register(application: typer.Typer) -> None:
    """Add the verb."""
    application.command()(replay)


def replay(
    run: Annotated[str, typer.Argument(help="a run's id, the beginning of it, `last`, or a path to a tape")],
    speed: Annotated[float, typer.Option(help="how many times faster than it happened; 0 = at once")] = 10.0,
    sealed: Annotated[bool, typer.Option("--sealed", help="leave the truth lane out")] = False,
) -> None:
    """Play a run's tape, event by event."""
    if speed < 0:
        raise BadInput(f"--speed must not be negative, not {speed:g}")
    folder = Workspace.find().run(run)
    with TapeReader.open(folder / "tape.db") as reader:
        results.print(f"[bold]{reader.meta.drill.title}[/bold]  run {reader.meta.run}, seed {reader.meta.seed}")
        for delay, event in play(reader.events(), speed or 1.0):
            if speed:
                clock.pause(delay)
            if not (sealed and event.lane == "truth"):
                results.print(event_line(event))
