"""The state file of a local stack: what runs where. Written by one process at a time, read by everybody."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from tocsin.model.stack import Replica
from tocsin.stack.planned import Planned


class ReplicaState(BaseModel):
    """One replica: its leading process, ports, cgroups (of CPU and of memory), planned memory limit in bytes."""

    model_config = ConfigDict(extra="ignore")

    service: str
    number: int
    pid: int
    started: int
    boot: str
    ports: dict[str, int]
    cgroup: str | None = None
    memory_cgroup: str | None = None
    memory_limit: int | None = None

    @property
    def name(self) -> str:
        """``service-number``."""
        return f"{self.service}-{self.number}"

    @property
    def replica(self) -> Replica:
        """The record that faults and remedies keep."""
        return Replica(service=self.service, number=self.number, pid=self.pid, started=self.started, boot=self.boot)


class StackState(Planned):
    """Everything needed to reattach to a running local stack."""

    tools: str | None = None
    ports: dict[str, dict[str, int]] = Field(default_factory=dict)  # by replica name
    replicas: list[ReplicaState] = Field(default_factory=list)
    cpu_limits: dict[str, float | None] = Field(default_factory=dict)


def read_state(path: Path) -> StackState | None:
    """The state, or None when there is no (whole) state file."""
    return StackState.read(path)
