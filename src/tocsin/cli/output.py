"""Progress on standard error, results on standard output."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.markup import escape

from tocsin.errors import TocsinError
from tocsin.model.event import Event
from tocsin.tape.replay import describe

LANE_STYLES = {"truth": "magenta", "signal": "red", "belief": "cyan", "action": "green", "run": "dim"}

_PIPED_WIDTH = 240
"""Columns of what goes into a file or another program: rows stay whole."""

progress = Console(stderr=True, highlight=False, soft_wrap=True)
results = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else _PIPED_WIDTH)


def say(text: str) -> None:
    """One line of progress."""
    progress.print(f"[dim]·[/dim] {escape(text)}")


def print_json(value: Any) -> None:
    """One JSON value on standard output and nothing else."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2) + "\n")


def event_line(event: Event) -> str:
    """An event as one line with its clock, lane and sentence, as rich markup."""
    style = LANE_STYLES[event.lane]
    minutes, seconds = divmod(event.t, 60)
    clock = f"{int(minutes):02d}:{seconds:04.1f}"
    return f"[dim]{clock}[/dim] [{style}]{event.lane:<6}[/{style}] {escape(describe(event))}"


def show_event(event: Event) -> None:
    """One event as progress."""
    progress.print(event_line(event))


@contextmanager
def waiting_line() -> Iterator[Callable[[str], None]]:
    """One line at the bottom that changes while somebody waits; nothing where there is no terminal."""
    if not progress.is_terminal:
        yield lambda _: None
        return
    with progress.status("starting") as line:
        yield lambda text: line.update(escape(text))


def show_error(error: TocsinError) -> None:
    """What happened, why, and what to do next."""
    progress.print(f"[bold red]error[/bold red] {escape(error.message)}")
    if error.hint:
        progress.print(f"[yellow]next[/yellow]  {escape(error.hint)}")
