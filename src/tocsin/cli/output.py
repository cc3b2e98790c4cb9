"""Progress on standard error, results on standard output."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.markup import escape

from tocsin.errors import TocsinError

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
