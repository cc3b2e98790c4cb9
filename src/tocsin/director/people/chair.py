"""Who sits at the desk while the drill is played: passes responders' commands on, and does the facilitator's."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tocsin.director.drillclock import DrillClock
from tocsin.director.injector import Injector
from tocsin.director.people.response import PeopleResponse
from tocsin.director.recorder import Recorder
from tocsin.errors import Refused, TocsinError
from tocsin.inject.plan import check_fault
from tocsin.inject.safety import check_confirmed, fights, too_long, too_many
from tocsin.model.command import Command, Inject, Pause, Resume
from tocsin.model.drill import FaultPlan
from tocsin.model.event import DrillPaused, DrillResumed, InjectionOrdered
from tocsin.model.limits import Limits
from tocsin.model.topology import Topology

Done = Callable[["dict[str, Any] | TocsinError"], None]


@dataclass
class PlayChair:
    """Takes every command that belongs to the incident. ``mode`` is who responds; ``people`` None unless people do."""

    clock: DrillClock
    injector: Injector
    recorder: Recorder
    limits: Limits
    topology: Topology
    mode: str
    people: PeopleResponse | None
    confirmed: bool = False
    only_measures: bool = False

    @property
    def paused(self) -> bool:
        """True while the drill's clock stands still."""
        return self.clock.is_paused

    def poll(self) -> None:
        """Go on with what takes longer than a moment; a pause that has lasted long enough is ended."""
        if self.people is not None:
            self.people.poll()
        if self.clock.is_paused and not self.clock.left:
            self.clock.resume()
            self.recorder.note("the drill's clock has stood still for as long as it may: it goes on")
            self.recorder.say(DrillResumed(who="director", role="facilitator"))

    def close(self) -> None:
        """The drill is over."""
        if self.people is not None:
            self.people.close()

    def take(self, command: Command, done: Done) -> None:
        """Carry a command out.

        Raises:
            TocsinError: when it is refused.
        """
        if isinstance(command, Pause | Resume):
            self._halt_or_go_on(command)
            done({})
        elif isinstance(command, Inject):
            done(self._inject(command))
        elif self.people is None:
            who = {"auto": "the automatic responder responds", "none": "nobody responds"}.get(self.mode, self.mode)
            raise Refused(f"in this run {who}", hint="`--responder human` lets people respond.")
        else:
            self.people.take(command, done)

    def _halt_or_go_on(self, command: Pause | Resume) -> None:
        if isinstance(command, Pause):
            self.clock.pause()
            self.injector.prolong(self.clock.left)
            self.recorder.say(DrillPaused(who=command.who, role=command.role))
        else:
            self.clock.resume()
            self.recorder.say(DrillResumed(who=command.who, role=command.role))

    def _inject(self, command: Inject) -> dict[str, Any]:
        if self.only_measures:
            raise Refused("this drill only measures: nothing is broken in it")
        wanted = command.arguments
        plan = FaultPlan.model_validate(
            {
                "at": self.clock.seconds(), "fault": wanted.fault, "target": wanted.target, "for": wanted.seconds,
                "with": wanted.parameters,
            }
        )  # fmt: skip
        check_fault(plan, self.topology)
        check_confirmed(plan.fault, confirmed=self.confirmed)
        together = [*self.injector.going_on, plan]
        wrong = too_long(plan, self.limits) or too_many(together, self.limits)
        wrong = wrong or next((why for index, why in fights(together, self.topology) if index == len(together) - 1), "")
        if wrong:
            raise Refused(wrong)
        injection = self.injector.add(plan)
        self.recorder.say(
            InjectionOrdered(
                who=command.who,
                role=command.role,
                injection=injection,
                fault=plan.fault,
                target=plan.target,
                duration=plan.duration,
                parameters=plan.parameters,
            )
        )
        return {"injection": injection}
