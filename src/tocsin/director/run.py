"""Running one drill, from plan to verdict: stack, load, steady, faults, response, recovery, checks, undoing."""

import contextlib
import resource
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tocsin import clock
from tocsin.detect import steady
from tocsin.director.abort import AbortWatch
from tocsin.director.ending import Ending
from tocsin.director.incident import Incident, Rules
from tocsin.director.injector import Injector
from tocsin.director.interrupts import Interrupts
from tocsin.director.invariants import check_drill_invariants
from tocsin.director.judge import judge_expectations, reach_verdict
from tocsin.director.places import stack_places
from tocsin.director.plan import Plan
from tocsin.director.recorder import Recorder
from tocsin.director.response import Response
from tocsin.director.standup import WITHIN as STACK_TIMEOUT
from tocsin.director.standup import start_for
from tocsin.director.watch import Watch
from tocsin.errors import Aborted, StackNotReady, TocsinError, describe
from tocsin.ledger.client import GuardianClient, GuardianLost
from tocsin.load.handler import LoadStart, load_summary
from tocsin.model.event import (
    AbortRequested,
    LoadSummary,
    Phase,
    ResidueFound,
    SteadySatisfied,
    ToolCost,
    VerdictReached,
)
from tocsin.model.hypothesis import RemedyStep
from tocsin.model.run import RunMeta
from tocsin.model.stack import Stack, StackReference
from tocsin.model.window import SampleWindow
from tocsin.respond.registry import plan_remedy
from tocsin.stack.local.backend import LocalStack
from tocsin.stack.local.lifecycle import running
from tocsin.stack.process import cpu_seconds
from tocsin.stack.residue import stack_residue
from tocsin.tape.fold import fold

SETTLE = 3.0
"""Seconds after the ramp before steady is looked for."""
STEADY_PATIENCE = 60.0
"""Seconds beyond the steady time that a system gets to become steady."""
AFTER_QUIET_FAULT = 15.0
"""Seconds to go on after a fault that nobody noticed was reverted."""
RESOLVE_PATIENCE = 90.0
"""Seconds beyond the planned length that a recovery may take before the run ends without it."""
LOAD_MARGIN = 300.0
"""Seconds of load beyond the plan after which the load process stops by itself, whatever happens."""


@dataclass
class Director:
    """Runs one drill; everything that must be undone is asked of the guardian."""

    plan: Plan
    meta: RunMeta
    folder: Path
    recorder: Recorder
    guardian: GuardianClient
    interrupts: Interrupts
    keep: bool = False
    show_progress: Callable[[str], None] = lambda _: None  # one changing line, for people who wait
    _stack: LocalStack | None = None
    _own_stack: bool = False
    _watch: Watch | None = None
    _abort: AbortWatch | None = None
    _incident: Incident | None = None
    _response: Response | None = None
    _injector: Injector | None = None
    _load_started: float = 0.0
    _invalid: list[str] = field(default_factory=list)

    def run(self) -> TocsinError | None:
        """Run the drill to its verdict; whatever happens, everything is undone.

        Returns:
            What ended the run before its time, if anything did.
        """
        with self.interrupts.watching():
            failure = self._attempt()
            self._conclude(failure, self._wind_down(failure))
        return failure

    def _attempt(self) -> TocsinError | None:
        try:
            self._drill()
        except (Aborted, StackNotReady) as error:
            return error
        except GuardianLost as error:
            return Aborted(f"{error.message}; the director undid everything from the ledger")
        except TocsinError as error:
            return Aborted(f"the run could not go on: {error.message}", hint=error.hint)
        except Exception as error:  # noqa: BLE001 - a bug of ours must not keep anything from being undone
            log = self.folder / "error.log"
            with contextlib.suppress(OSError):
                log.write_text(traceback.format_exc(), encoding="utf-8")
            hint = f"This is a fault of Tocsin itself; {log} says where it happened."
            return Aborted(f"the run could not go on: {describe(error)}", hint=hint)
        return None

    # phases

    def _drill(self) -> None:
        self._phase("stack")
        self._bring_up()
        self._phase("load")
        self._start_load()
        self._phase("ramp", f"{self.plan.ramp_seconds:g} s")
        self._wait_for_ramp()
        self._phase("steady", f"every SLO must hold for {self.plan.drill.steady.duration:g} s")
        baseline = self._wait_for_steady()
        if baseline is None:
            return
        self._phase("drill")
        self._play(baseline)
        self._phase("wind-down")
        self._finish_drill()

    def _bring_up(self) -> None:
        plan = self.plan
        places = stack_places(plan.workspace, plan.drill.stack)
        found = running(places)
        if found is not None:
            self._stack = found
            self.recorder.note(f"using the stack {found.compose.name}, which was running; it will be left running")
            if found.state.seed != plan.seed:
                self.recorder.note(f"its data was made from seed {found.state.seed}; load and arrivals use {plan.seed}")
        else:
            start = start_for(places, plan.drill.stack, plan.seed, plan.variant.stack_scale)
            self._own_stack = True
            answer = self._ask_and_wait("stack", "stack", start.model_dump(mode="json"), STACK_TIMEOUT)
            self._stack = LocalStack.attach(StackReference.model_validate(answer["reference"]))
        self._set_variant_flags(self._stack)

    def _set_variant_flags(self, stack: Stack) -> None:
        """The variant's flags, through the guardian like everything that must be put back."""
        flags = self.plan.variant.flags
        if flags:
            wanted = {"remedy": "set_flag", "target": "", "with": {"flags": flags}, "why": "the drill's variant"}
            step = RemedyStep.model_validate(wanted)
            record = plan_remedy(step, "", stack, "variant")
            self._ask_and_wait("variant", "remedy", record.model_dump(mode="json"), 30.0)

    def _start_load(self) -> None:
        plan, stack = self.plan, self._running_stack
        entry = plan.files.compose.extension.entry
        address = stack.address(entry.service, entry.port)
        start = LoadStart(
            profile=plan.profile_path,
            host=f"http://{address.host}:{address.port}",
            metrics_port=stack.load_port,
            seed=plan.seed,
            scale=plan.drill.load.scale,
            compress=plan.drill.load.compress,
            duration=plan.drill.load.duration + LOAD_MARGIN,
            folder=self.folder,
            run=self.meta.run,
        )
        self._ask_and_wait("load", "load", start.model_dump(mode="json"), 60.0)
        self._load_started = self.recorder.clock.now()
        prometheus = stack.address("prometheus")
        url = f"http://{prometheus.host}:{prometheus.port}"
        self._watch = Watch(url, dict(plan.files.signals), stack, self.recorder)
        if plan.drill.abort_if is not None:
            self._abort = AbortWatch(plan.drill.abort_if, plan.files.slos, url)

    def _wait_for_ramp(self) -> None:
        until = self._load_started + self.plan.ramp_seconds + SETTLE
        while (left := until - self.recorder.clock.now()) > 0:
            self.show_progress(f"ramp: {left:.0f} s to go")
            self._tick()

    def _wait_for_steady(self) -> tuple[int, int] | None:
        """The healthy seconds, once every SLO has held for the steady time; None when that never came."""
        wanted = self.plan.drill.steady.duration
        begun = self.recorder.clock.now()
        reasons = ["no data yet"]
        while self.recorder.clock.now() - begun < wanted + STEADY_PATIENCE:
            self._tick()
            watch = self._live
            self.show_progress(f"steady: {max(0.0, min(watch.end - begun, wanted)):.0f} of {wanted:.0f} s")
            if watch.end - begun < wanted:
                continue
            window = watch.window(max(0, watch.end - int(wanted) - 5))
            reasons = steady(self.plan.files.slos, self.plan.files.signals, window, wanted)
            if not reasons:
                self.recorder.say(SteadySatisfied(held_for=wanted))
                return watch.end - round(wanted), watch.end
        self._invalid.append(f"no healthy baseline: {'; '.join(reasons)}")
        self.recorder.note(self._invalid[-1])
        return None

    def _play(self, baseline: tuple[int, int]) -> None:
        plan, stack = self.plan, self._running_stack
        files = plan.files
        rules = Rules(files.slos, files.signals, files.compose.topology, plan.playbooks)
        self._incident = incident = Incident(rules, self.recorder, baseline)
        self._injector = injector = Injector(
            plan.drill.faults, plan.limits, stack, self.guardian, self.recorder, confirmed=plan.confirmed
        )
        self._response = response = Response(plan, rules, incident, stack, self.guardian, self.recorder)
        satisfied = self.recorder.clock.now()
        while not self._played(satisfied):
            self._tick()
            injector.step(self.recorder.clock.now() - satisfied)
            self.show_progress(self._where(satisfied))
            window = self._live.window()
            self._check_abort_rule(window)
            incident.step(window, own_revert=bool(plan.drill.faults) and injector.all_over)
            response.step(window)
            if response.acted:
                injector.look_for_lifted(response.acted, response.acted_at)
            if injector.never_bit and injector.all_over:
                self._invalid.append(f"never took effect: {', '.join(injector.never_bit)}")
                return

    def _check_abort_rule(self, window: SampleWindow) -> None:
        if self._abort is not None:
            self.interrupts.limit(self._abort.reason(window, self.recorder.clock.wall()))

    def _where(self, satisfied: float) -> str:
        """Where the drill stands, in a few words; the fault itself is not given away."""
        incident, injector = self._incident, self._injector
        assert incident is not None and injector is not None  # noqa: S101, PT018 - set before this is asked
        if not self.plan.drill.faults:
            left = self._load_started + self.plan.drill.load.duration - self.recorder.clock.now()
            return f"watching: {max(0.0, left):.0f} s to go"
        what = "well again" if incident.mitigated else "incident" if incident.detected else "all SLOs met"
        now = self.recorder.clock.now() - satisfied
        return f"drill: {what}, {now:.0f} s in; faults are over at {injector.last_end:.0f} s, then recovery"

    def _played(self, satisfied: float) -> bool:
        """True when there is nothing more to see."""
        incident, injector = self._incident, self._injector
        assert incident is not None and injector is not None  # noqa: S101, PT018 - set just before
        now = self.recorder.clock.now()
        end = self._load_started + self.plan.drill.load.duration
        if not self.plan.drill.faults:
            return now >= end
        if not injector.all_over:
            return False
        if incident.detected is None:
            return now - satisfied > injector.last_end + AFTER_QUIET_FAULT
        return incident.resolved is not None or now > end + RESOLVE_PATIENCE

    def _finish_drill(self) -> None:
        """Load off, remedies off, data checked; the stack is still there."""
        if self._response is not None:
            self._response.measure_rest(self._live.window())
            self._response.undo(lambda request: self._wait(request, 60.0))
        self._wait(self.guardian.revert("load"), 30.0)
        self._tell_load()
        if self.plan.drill.invariants:
            self._phase("checks", "invariants against the source of truth")
            for checked in check_drill_invariants(
                self.plan, self._running_stack, self.folder, self.guardian, self.interrupts.check
            ):
                self.recorder.say(checked)
        if self._own_stack:
            left = stack_residue(self._stack) if self._stack is not None else []
            self.recorder.note(f"residue scan before the stack is taken down: {'; '.join(left) or 'none'}")
        if self.keep and self._own_stack:
            self._wait(self.guardian.submit("release", entry="stack"), 10.0)
            self._own_stack = False
            self.recorder.note("the stack is left running, as --keep asks; `tocsin down` ends it")

    # the end

    def _wind_down(self, failure: TocsinError | None) -> list[str]:
        """Undo everything that is open; the guardian does it, or the director when the guardian is lost.

        Undoing begins before anything is written down, and goes on when nothing can be.
        """
        self.recorder.lenient = True
        ending = Ending(self.guardian, self.folder / "ledger.jsonl", self.recorder.note)
        ending.begin()
        if failure is not None:
            who = self.interrupts.by or type(failure).__name__
            self.recorder.say(AbortRequested(by=who, reason=failure.message.splitlines()[0]))
        self._cost()
        if self._injector is not None:
            self._injector.close()
        residue = ending.wait()
        self._tell_load()
        if self._stack is not None and not self._own_stack:
            residue += stack_residue(self._stack)
        self.recorder.say(ResidueFound(residue=residue))
        return residue

    def _conclude(self, failure: TocsinError | None, residue: list[str]) -> None:
        state = fold(self.meta, self.recorder.events)
        invalid = list(self._invalid)
        if isinstance(failure, StackNotReady):
            invalid.append(failure.message.splitlines()[0])
        if failure is None and not invalid:
            for judged in judge_expectations(self.plan.drill, state, self.plan.responder):
                self.recorder.say(judged)
            state = fold(self.meta, self.recorder.events)
        aborted = failure.message if failure is not None and not invalid else None
        verdict, reasons = reach_verdict(self.meta, state, aborted=aborted, invalid=invalid, residue=residue)
        self._phase("done")
        self.recorder.say(VerdictReached(verdict=verdict, reasons=reasons))

    def _tell_load(self) -> None:
        """What the load process counted, once it has stopped, however the run ended; told once."""
        told = any(isinstance(event.data, LoadSummary) for event in self.recorder.events)
        summary = None if told else load_summary(self.folder)
        if summary is not None:
            self.recorder.say(summary)

    def _cost(self) -> None:
        own = resource.getrusage(resource.RUSAGE_SELF)
        seconds = own.ru_utime + own.ru_stime + cpu_seconds(self.guardian.pid)
        self.recorder.say(ToolCost(cpu_seconds=round(seconds, 2), wall_seconds=round(self.recorder.clock.now(), 2)))

    # small steps

    def _tick(self) -> None:
        """One second: keep the guardian's lease, look for interruptions, fetch what is new."""
        until = clock.monotonic() + 1.0
        while (left := until - clock.monotonic()) > 0:
            self.interrupts.check()
            self.guardian.pump(min(0.1, left))
            clock.pause(min(0.1, left))  # a talkative guardian must not make this a busy loop
        self.interrupts.limit(self.recorder.clock.jumped())
        if self._watch is not None:
            self._watch.poll()

    def _ask_and_wait(self, entry: str, kind: Any, record: dict[str, Any], timeout: float) -> dict[str, Any]:
        answer = self._wait(self.guardian.apply(entry, kind, record), timeout)
        result: dict[str, Any] = answer["result"]
        return result

    def _wait(self, request: int, timeout: float) -> dict[str, Any]:
        return self.guardian.wait(request, timeout=timeout, interrupted=self.interrupts.check)

    def _phase(self, name: str, detail: str = "") -> None:
        self.recorder.say(Phase(name=name, detail=detail))

    @property
    def _running_stack(self) -> Stack:
        if self._stack is None:
            raise TocsinError("the stack is not running")
        return self._stack

    @property
    def _live(self) -> Watch:
        if self._watch is None:
            raise TocsinError("nothing is being watched yet")
        return self._watch
