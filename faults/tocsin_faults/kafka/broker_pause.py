"""kafka.broker_pause: the broker stops working and keeps every connection."""

from typing import ClassVar

from tocsin.model.fault import FaultSpec
from tocsin_faults.service.pause import Pause


class BrokerPause(Pause):
    """Freezes the broker: producers wait for their confirmations, consumers for their fetches, both until time-outs."""

    spec: ClassVar[FaultSpec] = FaultSpec(
        id="kafka.broker_pause",
        cause="kafka.broker_pause",
        component="kafka",
        holds="process",
        undo="reversible",
        summary="freeze the broker: connections stay, nothing is confirmed and nothing is delivered",
    )
