"""The incident itself: faults go in and come out, breaches are found and named, the responder acts."""

from tocsin.director.abort import AbortWatch
from tocsin.director.incident import Incident, Rules
from tocsin.director.injector import Injector
from tocsin.director.opening import prometheus_url
from tocsin.director.pace import Ground, Pace
from tocsin.director.plan import Plan
from tocsin.director.response import Response

AFTER_QUIET_FAULT = 15.0
"""Seconds to go on after a fault that nobody noticed was reverted."""
RESOLVE_PATIENCE = 90.0
"""Seconds beyond the planned length that a recovery may take before the run ends without it."""


class Play:
    """Plays a drill on a healthy system; ``baseline`` are the seconds in which it was."""

    def __init__(self, plan: Plan, pace: Pace, ground: Ground, baseline: tuple[int, int]) -> None:
        self._plan, self._pace, self._ground = plan, pace, ground
        files, stack, recorder, guardian = plan.files, ground.running, pace.recorder, pace.guardian
        rules = Rules(files.slos, files.signals, files.compose.topology, plan.playbooks)
        self._incident = Incident(rules, recorder, baseline)
        self._injector = Injector(plan.drill.faults, plan.limits, stack, guardian, recorder, confirmed=plan.confirmed)
        self._response = Response(plan, rules, self._incident, stack, guardian, recorder)
        rule = plan.drill.abort_if
        self._abort = AbortWatch(rule, files.slos, prometheus_url(stack)) if rule is not None else None
        self._satisfied = recorder.clock.now()

    def until_over(self) -> str:
        """Play to the end; why the drill proves nothing, when a fault never took effect."""
        injector, response, clock = self._injector, self._response, self._pace.recorder.clock
        while not self._is_over():
            self._pace.tick(self._ground.live)
            injector.step(clock.now() - self._satisfied)
            self._pace.show_progress(self._where())
            window = self._ground.live.window()
            if self._abort is not None:
                self._pace.interrupts.limit(self._abort.reason(window, clock.wall()))
            if self._plan.drill.only_measures:
                continue
            self._incident.step(window, own_revert=bool(self._plan.drill.faults) and injector.all_over)
            response.step(window)
            if response.acted:
                injector.look_for_lifted(response.acted, response.acted_at)
            if injector.never_bit and injector.all_over:
                return f"never took effect: {', '.join(injector.never_bit)}"
        return ""

    def put_back(self) -> None:
        """Measure what the responder did, and put its changes back."""
        self._response.measure_rest(self._ground.live.window())
        self._response.undo(lambda request: self._pace.wait(request, 60.0))

    def close(self) -> None:
        """Let go of probes that are still under way."""
        self._injector.close()

    def _where(self) -> str:
        """Where the drill stands, in a few words; the fault itself is not given away."""
        now = self._pace.recorder.clock.now()
        if not self._plan.drill.faults:
            return f"watching: {max(0.0, self._planned_end - now):.0f} s to go"
        incident, end = self._incident, self._injector.last_end
        what = "well again" if incident.mitigated else "incident" if incident.detected else "all SLOs met"
        return f"drill: {what}, {now - self._satisfied:.0f} s in; faults are over at {end:.0f} s, then recovery"

    @property
    def _planned_end(self) -> float:
        return self._ground.load_started + self._plan.drill.load.duration

    def _is_over(self) -> bool:
        """True when there is nothing more to see."""
        now = self._pace.recorder.clock.now()
        if not self._plan.drill.faults:
            return now >= self._planned_end
        if not self._injector.all_over:
            return False
        if self._incident.detected is None:
            return now - self._satisfied > self._injector.last_end + AFTER_QUIET_FAULT
        return self._incident.resolved is not None or now > self._planned_end + RESOLVE_PATIENCE
