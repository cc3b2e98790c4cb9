"""mysql.cpu_throttle: the database server is starved of CPU by its quota."""

from typing import ClassVar

from pydantic import BaseModel, ConfigDict, Field

from tocsin import clock
from tocsin.model.fault import FaultSpec, Injection, Proof
from tocsin.model.stack import Stack, same_cores


class CpuThrottleParameters(BaseModel):
    """``cores``: the CPU limit while the fault lasts."""

    model_config = ConfigDict(extra="forbid")

    cores: float = Field(default=0.02, ge=0.01, le=64, description="CPU limit in cores")


class CpuThrottle:
    """Lowers the server's CPU quota."""

    spec: ClassVar[FaultSpec] = FaultSpec(
        id="mysql.cpu_throttle",
        cause="mysql.cpu_throttle",
        component="mysql",
        holds="cpu",
        undo="reversible",
        summary="lower the database's CPU quota until it is starved",
    )
    Parameters: ClassVar[type[BaseModel]] = CpuThrottleParameters

    def plan(self, stack: Stack, injection: Injection) -> Injection:
        """Record the limit and the throttling so far."""
        periods, throttled = stack.cpu_throttled(injection.target)
        prior = {"cores": stack.cpu_limit(injection.target), "periods": periods, "throttled": throttled}
        return injection.model_copy(update={"prior": prior})

    def apply(self, stack: Stack, injection: Injection) -> None:
        """Lower the limit."""
        stack.set_cpu_limit(injection.target, injection.parameters["cores"])

    def revert(self, stack: Stack, injection: Injection) -> None:
        """Set the limit that was there before."""
        stack.set_cpu_limit(injection.target, injection.prior["cores"])

    def bites(self, stack: Stack, injection: Injection) -> Proof:
        """In half a second at least a third of the quota's periods ended throttled."""
        first = stack.cpu_throttled(injection.target)
        clock.pause(0.5)  # the length of the measurement
        second = stack.cpu_throttled(injection.target)
        periods, throttled = second[0] - first[0], second[1] - first[1]
        text = f"{throttled} of {periods} CPU periods throttled in 0.5 s at {injection.parameters['cores']:g} cores"
        return Proof(holds=periods > 0 and throttled / periods >= 1 / 3, evidence=text)

    def residue(self, stack: Stack, injection: Injection) -> list[str]:
        """The limit is not what it was."""
        now, before = stack.cpu_limit(injection.target), injection.prior["cores"]
        return [] if same_cores(now, before) else [f"CPU limit of {injection.target} is {now}, it was {before}"]
