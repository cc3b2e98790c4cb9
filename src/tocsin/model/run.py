"""What the tape's ``meta`` holds, so that a document needs nothing else; and a run folded from its events."""

from pydantic import Field

from tocsin.model.base import Strict
from tocsin.model.drill import Drill
from tocsin.model.hypothesis import Playbook
from tocsin.model.signal import Signal
from tocsin.model.slo import SloFile
from tocsin.model.topology import Topology

TAPE_SCHEMA = 2
"""1: a tape by the automatic responder alone; 2: what people did stands on it as well."""


class Machine(Strict):
    """Where the run took place."""

    system: str
    cores: int
    memory_bytes: int
    python: str


class RunMeta(Strict):
    """Everything about a run that is known when it starts."""

    schema_version: int = TAPE_SCHEMA
    tocsin: str
    run: str
    drill_name: str
    drill: Drill
    variant: str | None = None
    stack: str
    backend: str
    seed: int
    started: float  # seconds since the epoch; t = 0
    started_monotonic: float = 0.0  # seconds on the clock of this boot that never jumps; t = 0
    boot: str = ""  # the kernel's identity of this boot
    responder: str
    slos: SloFile
    signals: dict[str, Signal]
    topology: Topology
    playbooks: list[Playbook]
    machine: Machine
    commit: str = ""
    limits: dict[str, float | None] = Field(default_factory=dict, description="CPU limit in cores by service")
