"""How the guardian starts and stops a stack for a run, from a record alone."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from pydantic import Field

from tocsin.errors import BadInput
from tocsin.model.base import Strict
from tocsin.model.stack import Stack, StackReference
from tocsin.stack.local.backend import BACKEND, LocalStack
from tocsin.stack.local.lifecycle import Places, down, leftovers, up
from tocsin.stack.local.state import Changes, new_instance


class StackStart(Strict):
    """The record of a stack start: where everything is, seed, and what differs from the compose file.

    ``instance`` is chosen before anything is started, so that the record alone names what must be ended; it is empty
    in old records, which mean whichever stack runs there.
    """

    stack: str
    compose: Path
    folder: Path
    cache: Path
    tools: Path | None
    seed: int
    changes: Changes = Changes()
    instance: str = Field(default_factory=new_instance)

    @classmethod
    def read(cls, record: dict[str, Any]) -> "StackStart":
        """What a record says, old ones included."""
        now = {"instance": ""} | record
        if "scale" in now:
            now["changes"] = {"scale": now.pop("scale")}
        return cls.model_validate(now)

    @property
    def places(self) -> Places:
        """Where the stack's files are."""
        return Places(compose=self.compose, folder=self.folder, cache=self.cache, tools=self.tools)


class StackHandler:
    """Starts a stack and stops it again."""

    def __init__(self, progress: Callable[[str], None]) -> None:
        self._progress = progress

    def apply(self, record: dict[str, Any]) -> dict[str, Any]:
        """Bring the stack up; answers with its reference."""
        start = StackStart.read(record)
        start.cache.mkdir(parents=True, exist_ok=True)
        stack = up(
            start.places, seed=start.seed, progress=self._progress, changes=start.changes, instance=start.instance
        )
        return {"reference": stack.reference.model_dump(), "notes": stack.state.notes}

    def revert(self, record: dict[str, Any]) -> None:
        """Take the stack down, and no other that was started in its place since."""
        start = StackStart.read(record)
        down(start.places, instance=start.instance)

    def residue(self, record: dict[str, Any]) -> list[str]:
        """Processes and cgroups that are still there, looked for by the mark they carry."""
        start = StackStart.read(record)
        return leftovers(start.places, start.instance)

    def by_hand(self, record: dict[str, Any]) -> list[str]:
        """``tocsin down`` ends whatever the stack has ever started."""
        return [f"tocsin down {StackStart.read(record).stack}"]


def attach(reference: StackReference) -> Stack:
    """Reattach to a running stack of any backend.

    Raises:
        BadInput: when the backend is unknown.
        StackGone: when that very stack does not run any more.
    """
    if reference.backend != BACKEND:
        raise BadInput(f"unknown backend {reference.backend!r}; known: {BACKEND}")
    return LocalStack.attach(reference)
