"""Events of a tape as lines for people."""

from rich.markup import escape

from tocsin.cli.output import progress
from tocsin.model.event import Event
from tocsin.tape.replay import describe

LANE_STYLES = {"truth": "magenta", "signal": "red", "belief": "cyan", "action": "green", "run": "dim"}


def event_line(event: Event) -> str:
    """An event as one line with its clock, lane and sentence, as rich markup."""
    style = LANE_STYLES[event.lane]
    minutes, seconds = divmod(event.t, 60)
    clock = f"{int(minutes):02d}:{seconds:04.1f}"
    return f"[dim]{clock}[/dim] [{style}]{event.lane:<6}[/{style}] {escape(describe(event))}"


def show_event(event: Event) -> None:
    """One event as progress."""
    progress.print(event_line(event))
