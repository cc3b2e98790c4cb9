"""Which replicas of a service a fault takes."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from tocsin.model.fault import Injection
from tocsin.model.stack import Replica, Stack


class Replicas(BaseModel):
    """``replicas``: ``all``, or how many."""

    model_config = ConfigDict(extra="forbid")

    replicas: Literal["all"] | Annotated[int, Field(ge=1)] = Field(default="all", description="all, or how many (>= 1)")


def chosen(stack: Stack, injection: Injection) -> list[Replica]:
    """The replicas that the parameters ask for, in the order of their numbers."""
    replicas = stack.replicas(injection.target)
    wanted = injection.parameters["replicas"]
    return replicas if wanted == "all" else replicas[: int(wanted)]
