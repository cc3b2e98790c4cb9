"""The state file of a stack of containers: its project, the ports it was given, and the containers it should have."""

import hashlib
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from tocsin.stack.planned import Planned


class ContainerState(BaseModel):
    """One container that the stack should have; known without the engine, for what a person is told to type."""

    model_config = ConfigDict(extra="ignore")

    service: str
    number: int
    id: str
    container: str  # its name

    @property
    def name(self) -> str:
        """``service-number``, as signals name a replica."""
        return f"{self.service}-{self.number}"


class ComposeState(Planned):
    """Everything needed to reattach to a running stack of containers."""

    project: str
    ports: dict[str, dict[str, int]] = Field(default_factory=dict)  # fixed loopback ports by service
    load_host: str = "127.0.0.1"
    containers: list[ContainerState] = Field(default_factory=list)


def project_name(stack: str, folder: Path) -> str:
    """The compose project of a stack in one workspace: the same for every start, another one in every workspace."""
    return f"{stack}-{hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:8]}"
