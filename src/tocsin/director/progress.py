"""Where a drill stands, in a few words for whoever waits; nothing that somebody has to find out by themselves."""

from tocsin.director.drillclock import DrillClock
from tocsin.director.incident import Incident
from tocsin.director.injector import Injector
from tocsin.director.plan import Plan


def progress(plan: Plan, clock: DrillClock, incident: Incident, injector: Injector, left: float) -> str:
    """One line; ``left`` is how many seconds of load are left.

    Of a blind drill, or where people respond, neither that something is broken, nor until when, nor that it is well.
    """
    if clock.is_paused:
        return f"the drill's clock stands still; it goes on by itself in {clock.left:.0f} s"
    if plan.drill.blind or plan.people_respond:
        return f"drill: {clock.seconds():.0f} s in{', paged' if incident.detected else ''}"
    if not injector.any_planned:
        return f"watching: {max(0.0, left):.0f} s to go"
    what = "well again" if incident.mitigated else "incident" if incident.detected else "all SLOs met"
    then = (
        f"faults are over at {injector.last_end:.0f} s, then recovery" if not injector.all_over else "faults are over"
    )
    return f"drill: {what}, {clock.seconds():.0f} s in; {then}"
