"""service.cpu_throttle: any service with a CPU limit is starved by it."""

from typing import ClassVar

from tocsin.model.fault import FaultSpec, Injection
from tocsin.model.stack import Stack
from tocsin_faults.mysql.cpu_throttle import CpuThrottle


class ServiceCpuThrottle(CpuThrottle):
    """Lowers a service's CPU quota; of a database the cause is that of a starved database."""

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
        mysql = stack.topology.services[injection.target].component == "mysql"
        cause = "mysql.cpu_throttle" if mysql else injection.cause
        return super().plan(stack, injection).model_copy(update={"cause": cause})
