"""What a stack was started with: the part of the state file that every backend keeps, and how the file is written."""

import fcntl
import json
import os
import secrets
import uuid
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field

from tocsin.model.changes import Changes


class Planned(BaseModel):
    """One start of a stack, and how everything was when it had become ready: what undoing goes back to."""

    model_config = ConfigDict(extra="ignore")

    stack: str
    instance: str
    compose: str
    folder: str
    seed: int
    edges: dict[str, int] = Field(default_factory=dict)  # loopback port by proxied edge
    load_port: int
    planned_limits: dict[str, float | None] = Field(default_factory=dict)  # cores by service
    planned_replicas: dict[str, int] = Field(default_factory=dict)
    planned_flags: dict[str, bool] = Field(default_factory=dict)
    planned_settings: dict[str, dict[str, str]] = Field(default_factory=dict)  # by service
    changes: Changes = Changes()
    notes: list[str] = Field(default_factory=list)
    ready: bool = False

    @classmethod
    def read(cls, path: Path) -> Self | None:
        """The state, or None when there is no (whole) state file."""
        try:
            return cls.model_validate_json(path.read_bytes())
        except (FileNotFoundError, ValueError):
            return None


def new_instance() -> str:
    """A name for one start of a stack, which everything that it starts carries."""
    return uuid.uuid4().hex[:12]


def write_state(path: Path, state: Planned) -> None:
    """Replace the state file as a whole, so that a reader never sees half of one."""
    draft = path.with_suffix(".new")
    with draft.open("w", encoding="utf-8") as file:
        file.write(state.model_dump_json(indent=1))
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def workspace_secret(path: Path, name: str) -> str:
    """A generated secret of this workspace, kept in a file only its owner can read; made when first asked for.

    Whoever asks at the same moment, from another process too, gets the same.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.with_suffix(".lock").open("w") as turn:  # closing it lets go
        fcntl.flock(turn, fcntl.LOCK_EX)
        known: dict[str, str] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        if name not in known:
            known[name] = secrets.token_urlsafe(18)
            write_own(path, json.dumps(known))
        return known[name]


def secret_name(placeholder: str) -> str:
    """The name of the secret that a ``{secret.NAME}`` placeholder stands for."""
    return placeholder.strip("{}").removeprefix("secret.")


def write_own(path: Path, text: str) -> None:
    """Write a file that only its owner can read: it may hold a secret. A reader never sees half of it, nor none."""
    draft = path.with_name(f"{path.name}.new")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    draft.replace(path)
