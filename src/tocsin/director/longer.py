"""More time where people respond: the fault that ends last stays longer, and what depends on its end moves with it."""

from tocsin.load.profile import ProfileInfo
from tocsin.model.drill import Drill, ResponderMode
from tocsin.model.limits import Limits

FOR_PEOPLE = 120.0
"""Seconds that people get more than a machine by default: they read, talk and type before they act."""


def given_time(
    drill: Drill, responder: ResponderMode, profile: ProfileInfo, limits: Limits, wanted: float | None = None
) -> Drill:
    """The drill with its last fault, its load and the deadline for mitigation longer by as many seconds.

    ``wanted`` is None for FOR_PEOPLE where people respond, and nothing otherwise. No fault gets longer than the limits
    allow; a load that follows the phases of its profile lasts as long as these do, and such a drill stays as it is.
    """
    more = wanted if wanted is not None else FOR_PEOPLE if responder == "human" else 0.0
    if not drill.faults or profile.phases:
        return drill
    last = max(drill.faults, key=lambda fault: fault.at + fault.duration)
    more = min(more, limits.longest - last.duration)
    if more <= 0:
        return drill
    longer = last.model_copy(update={"duration": last.duration + more})
    expect, load = drill.expect, drill.load
    if expect.mitigated_within is not None:
        expect = expect.model_copy(update={"mitigated_within": expect.mitigated_within + more})
    return drill.model_copy(
        update={
            "faults": [longer if fault is last else fault for fault in drill.faults],
            "load": load.model_copy(update={"duration": load.duration + more}),
            "expect": expect,
        }
    )
