"""The Protocol of a remedy, and what predictions and measurements are made from."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Protocol

from pydantic import BaseModel

from tocsin.model.remedy import Prediction, RemedyRecord
from tocsin.model.signal import Signal
from tocsin.model.slo import Breach, SloFile
from tocsin.model.stack import Stack
from tocsin.model.topology import Topology
from tocsin.model.window import SampleWindow


@dataclass(frozen=True)
class Scene:
    """What the responder sees when a remedy is considered: samples, rules, the breach, the healthy seconds."""

    window: SampleWindow
    signals: Mapping[str, Signal]
    slos: SloFile
    topology: Topology
    breach: Breach
    baseline: tuple[int, int]


class Remedy(Protocol):
    """An operator's action. ``apply`` and ``revert`` work from the record alone and may be called twice."""

    name: ClassVar[str]
    Parameters: ClassVar[type[BaseModel]]
    puts_back: ClassVar[bool]
    """False where ``revert`` has nothing to do: what was done is done."""
    danger: ClassVar[str]
    """Why a person has to confirm it, in a few words; empty where nothing is risked."""

    def plan(self, stack: Stack, record: RemedyRecord) -> RemedyRecord:
        """The record completed with what was there before; reads only."""
        ...

    def apply(self, stack: Stack, record: RemedyRecord) -> None:
        """Do it."""
        ...

    def revert(self, stack: Stack, record: RemedyRecord) -> None:
        """Put back what the stack was started with, never what an injection had set, where nobody has done so since."""
        ...

    def residue(self, stack: Stack, record: RemedyRecord) -> list[str]:
        """What is still as the remedy left it, one line each; empty when nothing is."""
        ...

    def predict(self, scene: Scene, record: RemedyRecord) -> Prediction:
        """What it is expected to do, from the figures of this run."""
        ...

    def measure(self, scene: Scene, record: RemedyRecord, done: float) -> dict[str, float]:
        """What it did, by the names of the prediction; ``done`` is when it was carried out, in seconds of the run."""
        ...
