"""The command line: one module per verb, imported only when that verb is asked for."""

import importlib
import os
import sys
import traceback

import typer

from tocsin.cli.output import show_error
from tocsin.errors import TocsinError, describe

VERBS = (
    "run", "list", "show", "check", "schema", "up", "down", "status", "inject", "replay", "report", "doctor",
    "init", "recover", "stop", "resume", "compare", "export", "gameday", "console",
)  # fmt: skip

_MODULES = {"list": "catalogue", "show": "catalogue", "up": "stack", "down": "stack", "stop": "halt", "resume": "halt"}


def build(verbs: tuple[str, ...]) -> typer.Typer:
    """The command line with the given verbs."""
    application = typer.Typer(
        name="tocsin",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        help="Rehearse incidents: load, inject, detect, classify, respond, and write the incident document.",
    )
    application.callback()(_root)
    for name in dict.fromkeys(_MODULES.get(verb, verb) for verb in verbs):
        module = importlib.import_module(f"tocsin.cli.{name}")
        module.register(application)
    return application


def _root() -> None:
    """Rehearse incidents: load, inject, detect, classify, respond, and write the incident document."""


def main() -> None:
    """Run the verb that was asked for; the one place where errors become messages and exit codes."""
    asked = next((word for word in sys.argv[1:] if not word.startswith("-")), "")
    wanted = (asked,) if asked in VERBS else VERBS
    try:
        build(wanted)()
    except TocsinError as error:
        show_error(error)
        sys.exit(error.exit_code)
    except BrokenPipeError:  # the reader of our output has gone, as in `tocsin list runs | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        sys.exit(0)
    except Exception as error:  # noqa: BLE001 - 1 would read as the verdict `missed`
        traceback.print_exc()
        show_error(TocsinError(f"a fault of Tocsin itself: {describe(error)}", hint="`tocsin status` shows what runs."))
        sys.exit(TocsinError.exit_code)
