"""The injections of a run: planned, asked of the guardian, proved to bite, reverted at their time."""

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Literal

from tocsin.director.recorder import Recorder
from tocsin.errors import TocsinError
from tocsin.inject.handler import probe_bite, residue_of
from tocsin.inject.plan import plan_injection
from tocsin.inject.safety import check_share
from tocsin.ledger.client import GuardianClient, GuardianLost
from tocsin.model.drill import FaultPlan
from tocsin.model.event import Bit, Injected, Lifted, NeverBit, Reverted
from tocsin.model.fault import Injection, Proof
from tocsin.model.limits import Limits
from tocsin.model.stack import Stack

BITE_WITHIN = 15.0
"""Seconds in which an injection must prove that it took effect."""
ANSWERED_WITHIN = 75.0
"""Seconds in which the guardian must have applied or reverted an injection; then it counts as hanging."""
LIFTED_WITHIN = 20.0
"""Seconds after a remedy in which it is looked whether the fault is gone."""

_Stage = Literal["waiting", "applying", "in place", "reverting", "over"]


@dataclass
class _Course:
    """One injection on its way."""

    plan: FaultPlan
    id: str
    stage: _Stage = "waiting"
    record: Injection | None = None
    request: int = 0
    asked: float = 0.0
    injected: float = 0.0
    ends: float = 0.0  # seconds after steady, on the drill's clock
    ordered: bool = False  # by a facilitator, while the drill ran
    bit: bool = False
    given_up: bool = False
    lifted: bool = False
    probe: "Future[_Look] | None" = None


@dataclass(frozen=True)
class _Look:
    """What a probe saw: whether it bites, what the residue probe found (None where that was not asked), and when."""

    proof: Proof
    residue: list[str] | None
    at: float  # seconds since the start of the run


class Injector:
    """Carries all injections of a drill through their stages; ``step`` is called every tick and never blocks.

    Probes may wait for a slow system, so they run in a thread of their own and are looked at when they are done.
    """

    def __init__(
        self,
        faults: list[FaultPlan],
        limits: Limits,
        stack: Stack,
        guardian: GuardianClient,
        recorder: Recorder,
        *,
        confirmed: bool = False,
    ) -> None:
        self._confirmed = confirmed
        self._stack = stack
        self._limits = limits
        self._guardian = guardian
        self._recorder = recorder
        self._courses = [_Course(plan, f"i{number}") for number, plan in enumerate(faults, start=1)]
        self._probes = ThreadPoolExecutor(max_workers=1, thread_name_prefix="probe")

    def add(self, plan: FaultPlan) -> str:
        """One more injection, ordered while the drill runs; its id."""
        course = _Course(plan, f"i{len(self._courses) + 1}", ordered=True)
        self._courses.append(course)
        return course.id

    @property
    def going_on(self) -> list[FaultPlan]:
        """What is planned or in place and not over yet."""
        return [course.plan for course in self._courses if course.stage != "over"]

    @property
    def any_planned(self) -> bool:
        """True when something is, was or will be broken."""
        return bool(self._courses)

    def prolong(self, seconds: float) -> None:
        """The drill's clock may stand still for so long: what is in place must not count as overdue meanwhile."""
        for course in self._courses:
            if course.stage in ("applying", "in place"):
                self._guardian.prolong(course.id, seconds)

    def close(self) -> None:
        """Let go of probes that are still under way."""
        self._probes.shutdown(wait=False, cancel_futures=True)

    @property
    def all_over(self) -> bool:
        """True when every injection was reverted (or there is none)."""
        return all(course.stage == "over" for course in self._courses)

    @property
    def never_bit(self) -> list[str]:
        """Planned injections whose bite probe never saw an effect."""
        return [course.plan.fault for course in self._courses if course.given_up and not course.ordered]

    @property
    def last_end(self) -> float:
        """Seconds after steady at which the last fault is over by plan."""
        return max((course.plan.at + course.plan.duration for course in self._courses), default=0.0)

    def step(self, since_steady: float) -> None:
        """One look at every injection, ``since_steady`` seconds of the drill's clock after steady was satisfied."""
        now = self._recorder.clock.now()
        for course in self._courses:
            if course.stage == "waiting" and since_steady >= course.plan.at:
                self._try(course)
            elif course.stage == "applying":
                self._await_applied(course, since_steady)
            if course.stage == "in place":
                self._prove(course, now)
                if since_steady >= course.ends or course.given_up:
                    self._end(course)
            elif course.stage == "reverting":
                self._await_reverted(course)

    def look_for_lifted(self, by: str, since: float) -> None:
        """After a remedy that was done at ``since``: has it taken a fault away?"""
        if self._recorder.clock.now() - since > LIFTED_WITHIN:
            return
        for course in self._courses:
            if course.stage != "in place" or course.lifted or not course.bit or course.record is None:
                continue
            look = self._look(course, course.record, residue=True)
            if look is not None and (not look.proof.holds or look.residue == []):
                course.lifted = True
                text = look.proof.evidence if not look.proof.holds else "nothing of it is left"
                self._recorder.say(Lifted(injection=course.id, by=by, evidence=text), at=look.at)

    def end_lifted(self) -> None:
        """Revert before their time the faults that a remedy has lifted, once nothing else is in place or to come."""
        left = [course for course in self._courses if course.stage != "over"]
        if all(course.lifted for course in left):
            for course in left:
                if course.stage == "in place":
                    self._end(course)

    def _look(self, course: _Course, record: Injection, *, residue: bool) -> _Look | None:
        """Begin a look at an injection, or take in the one that was begun; None while it is under way."""
        if course.probe is None:
            stack, now = self._stack, self._recorder.clock.now

            def look() -> _Look:
                proof = probe_bite(stack, record)
                at = now()
                return _Look(proof, residue_of(stack, record) if residue and proof.holds else None, at)

            course.probe = self._probes.submit(look)
            return None
        if not course.probe.done():
            return None
        found = course.probe.result()
        course.probe = None
        return found

    def _try(self, course: _Course) -> None:
        """Begin; one that was ordered and cannot be planned is given up alone, without the drill."""
        try:
            self._begin(course)
        except TocsinError as error:
            if not course.ordered or isinstance(error, GuardianLost):
                raise
            self._drop(course, error)

    def _drop(self, course: _Course, error: TocsinError) -> None:
        course.stage = "over"
        self._recorder.say(
            NeverBit(injection=course.id, evidence=f"{course.plan.fault} was not begun: {error.message}")
        )

    def _answer_or_none(self, course: _Course) -> dict[str, Any] | None:
        """The answer to an applying; one that was ordered and failed is reverted, and the drill goes on."""
        try:
            return self._answer(course)
        except TocsinError as error:
            if not course.ordered or isinstance(error, GuardianLost):
                raise
            self._recorder.say(NeverBit(injection=course.id, evidence=f"{course.plan.fault} failed: {error.message}"))
            self._end(course)
            return None

    def _begin(self, course: _Course) -> None:
        course.record = plan_injection(course.plan, self._stack, course.id, confirmed=self._confirmed)
        check_share(course.record, self._stack, self._limits)
        course.request = self._guardian.apply(course.id, "injection", course.record.model_dump(mode="json"))
        course.asked = self._recorder.clock.now()
        course.stage = "applying"

    def _answer(self, course: _Course) -> dict[str, Any] | None:
        """What the guardian says, once it does; a fault's code that never comes back costs the guardian its place."""
        answer = self._guardian.answer(course.request)
        if answer is None and self._recorder.clock.now() - course.asked > ANSWERED_WITHIN:
            self._guardian.lose(f"has been {course.stage} {course.plan.fault} for {ANSWERED_WITHIN:g} s")
        return answer

    def _await_applied(self, course: _Course, since_steady: float) -> None:
        answer = self._answer_or_none(course)
        if answer is None or course.record is None:
            return
        course.stage = "in place"
        course.injected = self._recorder.clock.at(answer["at"])
        course.ends = since_steady + course.plan.duration - max(0.0, self._recorder.clock.now() - course.injected)
        self._recorder.say(
            Injected(
                injection=course.id,
                fault=course.plan.fault,
                cause=course.record.cause,
                target=course.plan.target,
                parameters=course.record.parameters,
                duration=course.plan.duration,
            ),
            at=course.injected,
        )

    def _prove(self, course: _Course, now: float) -> None:
        if course.bit or course.given_up or course.record is None:
            return
        look = self._look(course, course.record, residue=False)
        if look is None:
            return
        if look.proof.holds:
            course.bit = True
            self._recorder.say(Bit(injection=course.id, evidence=look.proof.evidence), at=look.at)
        elif now - course.injected > BITE_WITHIN:
            course.given_up = True
            self._recorder.say(NeverBit(injection=course.id, evidence=look.proof.evidence))

    def _end(self, course: _Course) -> None:
        course.request = self._guardian.revert(course.id)
        course.asked = self._recorder.clock.now()
        course.stage = "reverting"

    def _await_reverted(self, course: _Course) -> None:
        answer = self._answer(course)
        if answer is None:
            return
        course.stage = "over"
        at = self._recorder.clock.at(answer["at"])
        self._recorder.say(Reverted(injection=course.id, residue=answer["residue"]), at=at)
