"""kafka.consumer_slow: consumers work on, but get so little CPU that they fall behind."""

from typing import ClassVar

from tocsin.model.fault import FaultSpec
from tocsin_faults.mysql.cpu_throttle import CpuThrottle


class ConsumerSlow(CpuThrottle):
    """Lowers the consumers' CPU quota (each its own): they stay members of their group and commit, only too late."""

    spec: ClassVar[FaultSpec] = FaultSpec(
        id="kafka.consumer_slow",
        cause="kafka.consumer_slow",
        component="consumer",
        holds="cpu",
        undo="reversible",
        summary="starve consumers of CPU: they make progress, but less than what comes in, and the lag grows",
    )
