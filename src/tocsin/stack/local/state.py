"""The state file of a local stack: what runs where. Written by one process at a time, read by everybody."""

import json
import os
import secrets
import uuid
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from tocsin.model.stack import Replica


class _State(BaseModel):
    model_config = ConfigDict(extra="ignore")


class ReplicaState(_State):
    """One replica: its leading process, ports, cgroups (of CPU and of memory), planned memory limit in bytes."""

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


class Changes(_State):
    """What a start has otherwise than the compose file: replica counts, CPU limits in planned cores, settings."""

    scale: dict[str, int] = Field(default_factory=dict)
    cpus: dict[str, float] = Field(default_factory=dict)
    settings: dict[str, dict[str, str]] = Field(default_factory=dict)  # environment by service


class StackState(_State):
    """Everything needed to reattach to a running local stack."""

    stack: str
    instance: str
    compose: str
    folder: str
    tools: str | None = None
    seed: int
    ports: dict[str, dict[str, int]] = Field(default_factory=dict)  # by replica name
    edges: dict[str, int] = Field(default_factory=dict)  # listening port by edge
    load_port: int
    replicas: list[ReplicaState] = Field(default_factory=list)
    cpu_limits: dict[str, float | None] = Field(default_factory=dict)
    planned_limits: dict[str, float | None] = Field(default_factory=dict)
    planned_replicas: dict[str, int] = Field(default_factory=dict)
    planned_flags: dict[str, bool] = Field(default_factory=dict)
    planned_settings: dict[str, dict[str, str]] = Field(default_factory=dict)  # by service
    changes: Changes = Changes()
    notes: list[str] = Field(default_factory=list)
    ready: bool = False


def new_instance() -> str:
    """A name for one start of a stack, which all its processes carry."""
    return uuid.uuid4().hex[:12]


def read_state(path: Path) -> StackState | None:
    """The state, or None when there is no (whole) state file."""
    try:
        return StackState.model_validate_json(path.read_bytes())
    except (FileNotFoundError, ValueError):
        return None


def write_state(path: Path, state: StackState) -> None:
    """Replace the state file as a whole, so that a reader never sees half of one."""
    draft = path.with_suffix(".new")
    with draft.open("w", encoding="utf-8") as file:
        file.write(state.model_dump_json(indent=1))
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def workspace_secret(path: Path, name: str) -> str:
    """A generated secret of this workspace, kept in a file only its owner can read; made when first asked for."""
    known: dict[str, str] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    if name not in known:
        known[name] = secrets.token_urlsafe(18)
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(known, file)
    return known[name]
