"""kafka.consumer_pause: consumers stop working while the broker still counts them as members."""

from typing import ClassVar

from tocsin.model.fault import FaultSpec
from tocsin_faults.service.pause import Pause


class ConsumerPause(Pause):
    """Freezes consumer processes; the group notices only when its session time-out has passed."""

    spec: ClassVar[FaultSpec] = FaultSpec(
        id="kafka.consumer_pause",
        cause="kafka.consumer_pause",
        component="consumer",
        holds="process",
        undo="reversible",
        summary="freeze consumer processes: no progress, lag grows, producers notice nothing",
    )
