"""Progress on standard error, results on standard output."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.markup import escape

from tocsin import clock
from tocsin.errors import TocsinError

_PIPED_WIDTH = 240
"""Columns of what goes into a file or another program: rows stay whole."""

SIGN_OF_LIFE = 30.0
"""Seconds between lines that say how far something is, in a log: often enough to see that it goes on."""

progress = Console(stderr=True, highlight=False, soft_wrap=True)
results = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else _PIPED_WIDTH)


def say(text: str) -> None:
    """One line of progress."""
    progress.print(f"[dim]·[/dim] {escape(text)}")


def print_json(value: Any) -> None:
    """One JSON value on standard output and nothing else."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2) + "\n")


@contextmanager
def waiting_line() -> Iterator[Callable[[str], None]]:
    """One line at the bottom that changes while somebody waits; where there is no terminal, a line now and then."""
    if not progress.is_terminal:
        yield _now_and_then()
        return
    with progress.status("starting") as line:
        yield lambda text: line.update(escape(text))


def _now_and_then() -> Callable[[str], None]:
    last = clock.monotonic()

    def show(text: str) -> None:
        nonlocal last
        if clock.monotonic() - last >= SIGN_OF_LIFE:
            last = clock.monotonic()
            say(text)

    return show


def show_error(error: TocsinError) -> None:
    """What happened, why, and what to do next."""
    progress.print(f"[bold red]error[/bold red] {escape(error.message)}")
    if error.hint:
        progress.print(f"[yellow]next[/yellow]  {escape(error.hint)}")
