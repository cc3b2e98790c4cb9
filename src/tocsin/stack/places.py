"""Where a stack's files are, and which backend runs it."""

from dataclasses import dataclass
from pathlib import Path

LOCAL = "local"


@dataclass(frozen=True)
class Places:
    """Where a stack's files are: compose file, runtime folder, cache of prepared data, fetched tools."""

    compose: Path
    folder: Path
    cache: Path
    tools: Path | None
    backend: str = LOCAL

    @property
    def state_file(self) -> Path:
        """The state file of the running stack."""
        return self.folder / "state.json"
