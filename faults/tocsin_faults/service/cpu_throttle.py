"""service.cpu_throttle: any service with a CPU limit is starved by it."""

from typing import ClassVar

from tocsin.model.fault import FaultSpec, Injection
from tocsin.model.stack import Stack
from tocsin_faults.mysql.cpu_throttle import CpuThrottle

_CAUSES = {"mysql": "mysql.cpu_throttle", "consumer": "kafka.consumer_slow"}


class ServiceCpuThrottle(CpuThrottle):
    """Lowers a service's CPU quota; a database or a consumer that is starved has a cause of its own."""

    spec: ClassVar[FaultSpec] = FaultSpec(
        id="service.cpu_throttle",
        cause="service.cpu_throttle",
        component="any",
        holds="cpu",
        undo="reversible",
        summary="lower a service's CPU quota until it is starved",
    )

    def plan(self, stack: Stack, injection: Injection) -> Injection:
        """Record the limit and the throttling so far."""
        cause = _CAUSES.get(stack.topology.services[injection.target].component, injection.cause)
        return super().plan(stack, injection).model_copy(update={"cause": cause})
