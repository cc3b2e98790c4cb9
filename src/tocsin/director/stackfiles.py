"""What a stack's folder holds for a drill: objectives, signals, invariants, criteria and looks."""

from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pydantic import Field

from tocsin.errors import BadInput
from tocsin.model.base import Strict
from tocsin.model.criterion import Criterion
from tocsin.model.signal import Signal
from tocsin.model.slo import BadOfTotal, Deadline, Goodput, Sli, SloFile, Stalled, TargetAbsent
from tocsin.observe.invariants import InvariantFile
from tocsin.observe.looks.file import LookFile
from tocsin.stack.composefile import ComposeFile, read_compose_file
from tocsin.suggest import nearest
from tocsin.workspace import Workspace
from tocsin.yamlfile import load_model

M = TypeVar("M", bound=Strict)


class SignalFile(Strict):
    """``compose/<stack>/signals.yaml``."""

    signals: dict[str, Signal] = Field(default_factory=dict)


class CriterionFile(Strict):
    """``compose/<stack>/criteria.yaml``."""

    criteria: dict[str, Criterion] = Field(default_factory=dict)


@dataclass(frozen=True)
class StackFiles:
    """What a stack's folder holds for a drill."""

    compose_path: Path
    compose: ComposeFile
    slos: SloFile
    signals: dict[str, Signal]
    invariants: InvariantFile
    criteria: dict[str, Criterion]
    looks: LookFile


def read_stack_files(workspace: Workspace, stack: str) -> StackFiles:
    """Read a stack's folder.

    Raises:
        BadInput: for any mistake in any of its files.
    """
    compose_path = workspace.compose_file(stack)
    folder = compose_path.parent
    slos = load_model(folder / "slos.yaml", SloFile)
    signals = load_model(folder / "signals.yaml", SignalFile).signals
    _check_slos(folder / "slos.yaml", slos, signals)
    invariants = load_model(folder / "invariants.yaml", InvariantFile)
    criteria = _if_there(folder / "criteria.yaml", CriterionFile).criteria
    _check_criteria(folder / "criteria.yaml", criteria, signals)
    looks = _if_there(folder / "looks.yaml", LookFile)
    return StackFiles(compose_path, read_compose_file(compose_path), slos, signals, invariants, criteria, looks)


def _if_there(path: Path, model: type[M]) -> M:
    """A file that a stack may do without."""
    return load_model(path, model) if path.exists() else model()


def _check_slos(path: Path, file: SloFile, signals: dict[str, Signal]) -> None:
    wanted: list[tuple[str, str]] = []
    for name, slo in file.slos.items():
        wanted += [(name, signal) for signal in _sli_signals(slo.sli)]
    for name, silence in file.silences.items():
        wanted += [(name, signal) for signal in _silence_signals(silence)]
    mistakes = [
        f"{path}: {name}: unknown signal {signal!r}; {nearest(signal, list(signals))}"
        for name, signal in wanted
        if signal not in signals
    ]
    if mistakes:
        raise BadInput("\n".join(mistakes))


def _check_criteria(path: Path, criteria: dict[str, Criterion], signals: dict[str, Signal]) -> None:
    mistakes = [
        f"{path}: {name}: unknown signal {one.signal!r}; {nearest(one.signal, list(signals))}"
        for name, one in criteria.items()
        if one.signal is not None and one.signal not in signals
    ]
    if mistakes:
        raise BadInput("\n".join(mistakes))


def _sli_signals(sli: Sli) -> list[str]:
    if isinstance(sli, BadOfTotal):
        return [sli.bad, sli.total]
    if isinstance(sli, Deadline):
        return [sli.accepted, sli.on_time]
    return [sli.good, sli.total]


def _silence_signals(silence: TargetAbsent | Goodput | Stalled) -> list[str]:
    if isinstance(silence, TargetAbsent):
        return [silence.signal]
    if isinstance(silence, Goodput):
        return [silence.good, silence.scheduled]
    return [silence.progress, silence.lag]
