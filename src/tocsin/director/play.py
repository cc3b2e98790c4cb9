"""The incident itself: faults go in and come out, breaches are found and named, the responder acts."""

from tocsin.director.abort import AbortWatch
from tocsin.director.actions import Actions
from tocsin.director.drillclock import DrillClock
from tocsin.director.incident import Incident, Rules
from tocsin.director.injector import Injector
from tocsin.director.opening import prometheus_url
from tocsin.director.pace import Ground, Pace
from tocsin.director.people.chair import PlayChair
from tocsin.director.people.planning import Planning
from tocsin.director.people.response import PeopleResponse
from tocsin.director.people.script import ScriptAtDesk
from tocsin.director.plan import Plan, causes_of
from tocsin.director.progress import progress
from tocsin.director.response import AutoResponse
from tocsin.respond.responder import AutoResponder
from tocsin.respond.script import ScriptPlayer

AFTER_QUIET_FAULT = 15.0
"""Seconds to go on after a fault that nobody noticed was reverted."""
RESOLVE_PATIENCE = 90.0
"""Seconds beyond the planned length that a recovery may take before the run ends without it."""
PEOPLE_PATIENCE = 180.0
"""The same where people respond."""


class Play:
    """Plays a drill on a healthy system; ``baseline`` are the seconds in which it was."""

    def __init__(self, plan: Plan, pace: Pace, ground: Ground, baseline: tuple[int, int]) -> None:
        self._plan, self._pace, self._ground = plan, pace, ground
        files, stack, recorder, guardian = plan.files, ground.running, pace.recorder, pace.guardian
        rules = Rules(files.slos, files.signals, files.compose.topology, plan.playbooks)
        self._incident = Incident(rules, recorder, baseline, hidden=plan.people_respond)
        self._injector = Injector(plan.drill.faults, plan.limits, stack, guardian, recorder, confirmed=plan.confirmed)
        self._actions = Actions(rules, self._incident, guardian, recorder)
        rule = plan.drill.abort_if
        self._abort = AbortWatch(rule, files.slos, prometheus_url(stack)) if rule is not None else None
        self._clock = DrillClock(recorder.clock.now)
        self._auto = self._automatic()
        self._people = self._people_response()
        self._script = ScriptAtDesk(ScriptPlayer(plan.script), pace.desk, recorder) if plan.script else None
        pace.desk.chair = PlayChair(
            clock=self._clock,
            injector=self._injector,
            recorder=recorder,
            limits=plan.limits,
            topology=files.compose.topology,
            mode=plan.responder,
            people=self._people,
            confirmed=plan.confirmed,
            only_measures=plan.drill.only_measures,
        )

    def until_over(self) -> str:
        """Play to the end; why the drill proves nothing, when a fault never took effect."""
        injector, run_clock = self._injector, self._pace.recorder.clock
        while not self._is_over():
            self._pace.tick(self._ground.live)
            injector.step(self._clock.seconds())
            left = self._planned_end - run_clock.now()
            self._pace.show_progress(progress(self._plan, self._clock, self._incident, injector, left))
            window = self._ground.live.window()
            if self._abort is not None:
                self._pace.interrupts.limit(self._abort.reason(window, run_clock.wall()))
            if self._plan.drill.only_measures:
                continue
            self._incident.step(window, own_revert=injector.any_planned and injector.all_over)
            self._respond()
            if self._is_resolved and not self._clock.is_paused:
                injector.end_lifted()
            if injector.never_bit and injector.all_over:
                return f"never took effect: {', '.join(injector.never_bit)}"
        return ""

    def put_back(self) -> None:
        """Nobody acts any more: measure what the responder did, and put its changes back."""
        self._pace.desk.leave()
        self._actions.measure_rest(self._ground.live.window())
        self._actions.undo(lambda request: self._pace.wait(request, 60.0))

    def close(self) -> None:
        """Let go of probes that are still under way."""
        self._injector.close()

    def _automatic(self) -> AutoResponse | None:
        plan = self._plan
        if plan.responder != "auto":
            return None
        responder = AutoResponder(plan.playbooks, plan.drill.respond.forbid)
        return AutoResponse(responder, self._incident, self._actions, self._ground.running, self._pace.recorder)

    def _people_response(self) -> PeopleResponse | None:
        plan = self._plan
        if not plan.people_respond:
            return None
        return PeopleResponse(
            incident=self._incident,
            actions=self._actions,
            planning=Planning(self._ground.running),
            recorder=self._pace.recorder,
            forbid=plan.drill.respond.forbid,
            causes=causes_of(plan.playbooks),
            window=self._ground.live.window,
        )

    def _respond(self) -> None:
        """One second of whoever responds; while the drill's clock stands still, nothing is done by itself."""
        window = self._ground.live.window()
        self._actions.step(window)
        if not self._clock.is_paused:
            if self._auto is not None:
                self._auto.step(window)
            if self._script is not None:
                self._script.step(self._clock.seconds())
        if self._actions.acted:
            self._injector.look_for_lifted(self._actions.acted, self._actions.acted_at)

    @property
    def _planned_end(self) -> float:
        return self._ground.load_started + self._plan.drill.load.duration + self._clock.paused_for

    def _is_over(self) -> bool:
        """True when there is nothing more to see."""
        now = self._pace.recorder.clock.now()
        if self._clock.is_paused:
            return False
        if not self._plan.drill.faults and now < self._planned_end:
            return False
        if not self._injector.any_planned:
            return True
        if not self._injector.all_over:
            return False
        if self._incident.detected is None:
            return self._clock.seconds() > self._injector.last_end + AFTER_QUIET_FAULT
        patience = RESOLVE_PATIENCE if self._people is None else PEOPLE_PATIENCE
        return self._is_resolved or now > self._planned_end + patience

    @property
    def _is_resolved(self) -> bool:
        """What was measured says so; where people respond, they have to say so as well."""
        said = self._people is None or self._people.resolved
        return said and self._incident.resolved is not None
