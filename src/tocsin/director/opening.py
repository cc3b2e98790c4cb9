"""The first phases of a run, until there is something worth breaking: stack, load, ramp, steady."""

from dataclasses import dataclass
from pathlib import Path

from tocsin.detect import steady
from tocsin.director.drillclock import PAUSE_AT_MOST
from tocsin.director.pace import Ground, Pace
from tocsin.director.places import stack_places
from tocsin.director.plan import Plan
from tocsin.director.standup import WITHIN as STACK_TIMEOUT
from tocsin.director.standup import start_for
from tocsin.director.watch import Watch
from tocsin.load.handler import LoadStart
from tocsin.model.event import SteadySatisfied
from tocsin.model.hypothesis import RemedyStep
from tocsin.model.stack import Stack, StackReference
from tocsin.respond.registry import plan_remedy
from tocsin.stack.backends import attach, running

SETTLE = 3.0
"""Seconds after the ramp before steady is looked for."""
STEADY_PATIENCE = 60.0
"""Seconds beyond the steady time that a system gets to become steady."""
LOAD_MARGIN = 300.0 + PAUSE_AT_MOST
"""Seconds of load beyond the plan after which the load process stops by itself, whatever happens."""


@dataclass
class Opening:
    """Brings a run to its healthy baseline, one phase after the other; ``ground`` is what comes of it."""

    plan: Plan
    folder: Path
    run: str
    pace: Pace
    ground: Ground

    def bring_up(self) -> None:
        """The stack: the one that runs already, or one of the run's own; then the variant's flags."""
        plan, ground, recorder = self.plan, self.ground, self.pace.recorder
        places = stack_places(plan.workspace, plan.drill.stack, plan.backend)
        found = running(places)
        if found is not None:
            ground.stack = found
            recorder.note(f"using the stack {found.compose.name}, which was running; it will be left running")
            if found.planned.seed != plan.seed:
                recorder.note(f"its data was made from seed {found.planned.seed}; load and arrivals use {plan.seed}")
        else:
            start = start_for(places, plan.drill.stack, plan.seed, plan.changes)
            ground.own_stack = True
            answer = self.pace.apply("stack", "stack", start.model_dump(mode="json"), STACK_TIMEOUT)
            ground.stack = attach(StackReference.model_validate(answer["reference"]))
        self._set_variant_flags(ground.stack)

    def start_load(self) -> None:
        """The load process, and the watch over what it meets with."""
        plan, stack, ground = self.plan, self.ground.running, self.ground
        load = plan.drill.load
        entry = plan.files.compose.extension.entry
        address = stack.address(entry.service, entry.port)
        start = LoadStart(
            profile=plan.profile_path,
            host=f"http://{address.host}:{address.port}",
            metrics_port=stack.load_port,
            metrics_host=stack.load_host,
            seed=plan.seed,
            scale=load.scale,
            compress=load.compress,
            duration=load.duration + LOAD_MARGIN,
            folder=self.folder,
            run=self.run,
            phases=tuple(load.phases),
            arrivals=load.arrivals,
            max_in_flight=load.max_in_flight,
            workers=load.workers,
            remote=load.remote,
        )
        self.pace.apply("load", "load", start.model_dump(mode="json"), 60.0)
        ground.load_started = self.pace.recorder.clock.now()
        ground.watch = Watch(prometheus_url(stack), dict(plan.files.signals), stack, self.pace.recorder)

    def wait_for_ramp(self) -> None:
        """Until all users or arrivals are there."""
        clock = self.pace.recorder.clock
        until = self.ground.load_started + self.plan.ramp_seconds + SETTLE
        while (left := until - clock.now()) > 0:
            self.pace.show_progress(f"ramp: {left:.0f} s to go")
            self.pace.tick(self.ground.watch)

    def wait_for_steady(self) -> tuple[int, int] | str:
        """The healthy seconds, once every SLO has held for the steady time; why not, when that never came."""
        files, wanted, recorder = self.plan.files, self.plan.drill.steady.duration, self.pace.recorder
        watch = self.ground.live
        if self.plan.drill.only_measures:
            recorder.note("this drill measures: nothing is broken, no rule pages, nobody responds")
            return watch.end, watch.end
        begun = recorder.clock.now()
        reasons = ["no data yet"]
        while recorder.clock.now() - begun < wanted + STEADY_PATIENCE:
            self.pace.tick(watch)
            self.pace.show_progress(f"steady: {max(0.0, min(watch.end - begun, wanted)):.0f} of {wanted:.0f} s")
            if watch.end - begun < wanted:
                continue
            window = watch.window(max(0, watch.end - int(wanted) - 5))
            reasons = steady(files.slos, files.signals, window, wanted)
            if not reasons:
                recorder.say(SteadySatisfied(held_for=wanted))
                return watch.end - round(wanted), watch.end
        return f"no healthy baseline: {'; '.join(reasons)}"

    def _set_variant_flags(self, stack: Stack) -> None:
        """The variant's flags, through the guardian like everything that must be put back."""
        flags = self.plan.variant.flags
        if flags:
            wanted = {"remedy": "set_flag", "target": "", "with": {"flags": flags}, "why": "the drill's variant"}
            step = RemedyStep.model_validate(wanted)
            record = plan_remedy(step, "", stack, "variant")
            self.pace.apply("variant", "remedy", record.model_dump(mode="json"), 30.0)


def prometheus_url(stack: Stack) -> str:
    """Where the stack's Prometheus answers."""
    address = stack.address("prometheus")
    return f"http://{address.host}:{address.port}"
