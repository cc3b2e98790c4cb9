"""``tocsin schema``: the JSON Schema of a file kind, for editors and checks."""

from typing import Annotated

import typer
from pydantic import BaseModel

from tocsin.cli.output import print_json
from tocsin.director.stackfiles import CriterionFile, SignalFile
from tocsin.errors import BadInput
from tocsin.model.command import command_data
from tocsin.model.drill import Drill
from tocsin.model.gameday import GameDay, GameDayRecord
from tocsin.model.hypothesis import Playbook
from tocsin.model.script import Script
from tocsin.model.slo import SloFile
from tocsin.model.verdict import RunResult
from tocsin.observe.invariants import InvariantFile
from tocsin.observe.looks.file import LookFile
from tocsin.stack.composefile import ComposeFile
from tocsin.suggest import nearest

COMMAND = "command"
"""What the control socket takes: a union, so it has no class of its own."""

KINDS: dict[str, type[BaseModel]] = {
    "drill": Drill,
    "slos": SloFile,
    "signals": SignalFile,
    "invariants": InvariantFile,
    "criteria": CriterionFile,
    "looks": LookFile,
    "playbook": Playbook,
    "gameday": GameDay,
    "gameday-record": GameDayRecord,
    "script": Script,
    "compose": ComposeFile,
    "run": RunResult,
}


def register(application: typer.Typer) -> None:
    """Add the verb."""
    application.command()(schema)


def schema(kind: Annotated[str, typer.Argument(help=", ".join([*KINDS, COMMAND]))]) -> None:
    """Print the JSON Schema of a kind of file (or of the object that `tocsin run --json` prints)."""
    if kind == COMMAND:
        print_json(command_data.json_schema())
        return
    if kind not in KINDS:
        raise BadInput(f"unknown kind {kind!r}; {nearest(kind, [*KINDS, COMMAND])}")
    print_json(KINDS[kind].model_json_schema())
