"""How the guardian starts and stops a stack for a run, from a record alone."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from pydantic import Field

from tocsin.model.base import Strict
from tocsin.model.changes import Changes
from tocsin.stack.backends import backend
from tocsin.stack.places import LOCAL, Places
from tocsin.stack.planned import new_instance


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
    backend: str = LOCAL

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
        return Places(self.compose, self.folder, self.cache, self.tools, self.backend)


class StackHandler:
    """Starts a stack and stops it again."""

    def __init__(self, progress: Callable[[str], None]) -> None:
        self._progress = progress

    def apply(self, record: dict[str, Any]) -> dict[str, Any]:
        """Bring the stack up; answers with its reference."""
        start = StackStart.read(record)
        start.cache.mkdir(parents=True, exist_ok=True)
        stack = backend(start.backend).up(
            start.places, seed=start.seed, progress=self._progress, changes=start.changes, instance=start.instance
        )
        return {"reference": stack.reference.model_dump(), "notes": stack.planned.notes}

    def revert(self, record: dict[str, Any]) -> None:
        """Take the stack down, and no other that was started in its place since."""
        start = StackStart.read(record)
        backend(start.backend).down(start.places, instance=start.instance)

    def residue(self, record: dict[str, Any]) -> list[str]:
        """What is still there, looked for by the mark that it carries."""
        start = StackStart.read(record)
        return backend(start.backend).leftovers(start.places, start.instance)

    def by_hand(self, record: dict[str, Any]) -> list[str]:
        """``tocsin down`` ends whatever the stack has ever started."""
        return [f"tocsin down {StackStart.read(record).stack}"]
