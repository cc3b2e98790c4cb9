"""What one start of a stack has otherwise than its compose file."""

from pydantic import BaseModel, ConfigDict, Field


class Changes(BaseModel):
    """Replica counts, CPU limits in planned cores, settings of the environment; each by service."""

    model_config = ConfigDict(extra="ignore")  # a record of a later version can still be undone

    scale: dict[str, int] = Field(default_factory=dict)
    cpus: dict[str, float] = Field(default_factory=dict)
    settings: dict[str, dict[str, str]] = Field(default_factory=dict)
