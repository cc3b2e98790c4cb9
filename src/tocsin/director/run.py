"""Running one drill, from plan to verdict: opening, play, checks, and the end in which everything is undone."""

import contextlib
import resource
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tocsin.director.control.desk import Desk
from tocsin.director.control.server import ControlServer
from tocsin.director.criteria import Measured, judge_criteria
from tocsin.director.ending import Ending
from tocsin.director.interrupts import Interrupts
from tocsin.director.invariants import check_drill_invariants
from tocsin.director.judge import judge_expectations, reach_verdict
from tocsin.director.looks import Looks
from tocsin.director.opening import Opening
from tocsin.director.pace import Ground, Pace
from tocsin.director.plan import Plan
from tocsin.director.play import Play
from tocsin.director.recorder import Recorder
from tocsin.errors import Aborted, BadInput, StackNotReady, TocsinError, describe
from tocsin.ledger.client import GuardianClient, GuardianLost
from tocsin.load.handler import load_summary
from tocsin.model.event import AbortRequested, LoadSummary, ResidueFound, ToolCost, VerdictReached
from tocsin.model.run import RunMeta
from tocsin.stack.process import cpu_seconds
from tocsin.stack.residue import stack_residue
from tocsin.stack.running import RunningStack
from tocsin.tape.fold import fold
from tocsin.tape.state import RunState


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
    show_progress: Callable[[str], None] = lambda _: None
    on_stack: Callable[[RunningStack], None] = lambda _: None  # told the stack as soon as it is there
    server: ControlServer | None = None
    _ground: Ground = field(default_factory=Ground)
    _play: Play | None = None
    _looks: Looks | None = None
    _invalid: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """The desk at which people are served."""
        self._desk = Desk(self.meta, self.recorder, self.interrupts, self.server)
        self._used = _own_cpu()

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
        except (Aborted, StackNotReady, BadInput) as error:
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

    def _drill(self) -> None:
        plan, pace = self.plan, self._pace
        opening = Opening(plan, self.folder, self.meta.run, pace, self._ground)
        pace.phase("stack")
        opening.bring_up()
        self.on_stack(self._ground.running)
        pace.phase("load")
        self._looks = Looks(plan, self._ground.running, pace)
        self._looks.begin()
        opening.start_load()
        pace.phase("ramp", f"{plan.ramp_seconds:g} s")
        opening.wait_for_ramp()
        pace.phase("steady", f"every SLO must hold for {plan.drill.steady.duration:g} s")
        baseline = opening.wait_for_steady()
        if isinstance(baseline, str):
            self._prove_nothing(baseline)
            return
        pace.phase("drill")
        self._play = Play(plan, pace, self._ground, baseline)
        self._prove_nothing(self._play.until_over())
        pace.phase("wind-down")
        self._play.put_back()
        self._finish()

    @property
    def _pace(self) -> Pace:
        return Pace(self.recorder, self.guardian, self.interrupts, self.show_progress, self._desk)

    def _prove_nothing(self, why: str) -> None:
        """The run proves nothing, when ``why`` is not empty."""
        if why:
            self._invalid.append(why)
            self.recorder.note(why)

    def _finish(self) -> None:
        """Load off, data checked; the stack is still there."""
        pace, ground = self._pace, self._ground
        pace.wait(self.guardian.revert("load"), 30.0)
        self._tell_load()
        if self._looks is not None:
            pace.phase("looks", "what the servers took down")
            self._looks.end()
        if self.plan.drill.invariants:
            pace.phase("checks", "invariants against the source of truth")
            for checked in check_drill_invariants(
                self.plan, ground.running, self.folder, self.guardian, pace.meanwhile
            ):
                self.recorder.say(checked)
        if ground.own_stack:
            left = stack_residue(ground.running)
            self.recorder.note(f"residue scan before the stack is taken down: {'; '.join(left) or 'none'}")
        if self.keep and ground.own_stack:
            pace.wait(self.guardian.submit("release", entry="stack"), 10.0)
            ground.own_stack = False
            self.recorder.note("the stack is left running, as --keep asks; `tocsin down` ends it")

    def _wind_down(self, failure: TocsinError | None) -> list[str]:
        """Undo everything that is open; the guardian does it, or the director when the guardian is lost.

        Undoing begins before anything is written down, and goes on when nothing can be.
        """
        self.recorder.lenient = True
        self._desk.close()
        ending = Ending(self.guardian, self.folder / "ledger.jsonl", self.recorder.note)
        ending.begin()
        if failure is not None:
            who = self.interrupts.by or "director"
            self.recorder.say(AbortRequested(by=who, role=self.interrupts.role, reason=failure.message.splitlines()[0]))
        self._cost()
        if self._play is not None:
            self._play.close()
        residue = ending.wait()
        self._tell_load()
        if self._ground.stack is not None and not self._ground.own_stack:
            residue += stack_residue(self._ground.stack)
        self.recorder.say(ResidueFound(residue=residue))
        return residue

    def _conclude(self, failure: TocsinError | None, residue: list[str]) -> None:
        state = fold(self.meta, self.recorder.events)
        invalid = list(self._invalid)
        if isinstance(failure, StackNotReady):
            invalid.append(failure.message.splitlines()[0])
        if failure is None and not invalid:
            self._judge_criteria(state)
            for judged in judge_expectations(self.plan.drill, state, self.plan.responder):
                self.recorder.say(judged)
            state = fold(self.meta, self.recorder.events)
        aborted = failure.message if failure is not None and not invalid else None
        verdict, reasons = reach_verdict(self.meta, state, aborted=aborted, invalid=invalid, residue=residue)
        self._pace.phase("done")
        self.recorder.say(VerdictReached(verdict=verdict, reasons=reasons))

    def _judge_criteria(self, state: RunState) -> None:
        ground, files = self._ground, self.plan.files
        wanted = {name: files.criteria[name] for name in self.plan.drill.criteria}
        if wanted and ground.watch is not None:
            measured = Measured(state, files.signals, ground.watch.window(), ground.load_started)
            for judged in judge_criteria(wanted, self.plan.drill.load, measured):
                self.recorder.say(judged)

    def _tell_load(self) -> None:
        """What the load process counted, once it has stopped, however the run ended; told once."""
        told = any(isinstance(event.data, LoadSummary) for event in self.recorder.events)
        summary = None if told else load_summary(self.folder)
        if summary is not None:
            self.recorder.say(summary)

    def _cost(self) -> None:
        seconds = _own_cpu() - self._used + cpu_seconds(self.guardian.pid)
        self.recorder.say(ToolCost(cpu_seconds=round(seconds, 2), wall_seconds=round(self.recorder.clock.now(), 2)))


def _own_cpu() -> float:
    """CPU seconds that this process has used so far; it may have run other drills before."""
    own = resource.getrusage(resource.RUSAGE_SELF)
    return own.ru_utime + own.ru_stime
