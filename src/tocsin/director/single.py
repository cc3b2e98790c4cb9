"""One injection by hand on a running stack: applied by the guardian, proved to bite, reverted at its time."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from tocsin import clock
from tocsin.director.ending import Ending
from tocsin.director.injector import BITE_WITHIN
from tocsin.director.interrupts import Interrupts
from tocsin.errors import Aborted, TocsinError
from tocsin.inject.handler import probe_bite
from tocsin.inject.plan import plan_injection
from tocsin.inject.safety import check_share
from tocsin.ledger.client import GuardianClient
from tocsin.model.drill import FaultPlan
from tocsin.model.fault import Injection, Proof
from tocsin.model.limits import Limits
from tocsin.model.stack import Stack
from tocsin.stack.residue import stack_residue
from tocsin.stack.running import RunningStack

_ENTRY = "i1"
_APPLY_TIMEOUT = 75.0


@dataclass
class SingleInjection:
    """What became of it; seconds count from the moment it was applied, None = it did not come to that."""

    fault: str
    target: str
    bit: float | None = None
    evidence: str = ""
    removed: float | None = None
    residue: list[str] | None = None
    aborted: str = ""


@dataclass(frozen=True)
class Order:
    """What is asked for: a fault, and whether a person has agreed to one that cannot be undone."""

    plan: FaultPlan
    confirmed: bool = False


@dataclass
class _Hand:
    """Carries one injection through; everything that must be undone is asked of the guardian."""

    order: Order
    stack: Stack
    guardian: GuardianClient
    interrupts: Interrupts
    say: Callable[[str], None]
    found: SingleInjection
    limits: Limits
    applied: float = 0.0
    probes: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, thread_name_prefix="probe"))
    probe: "Future[Proof] | None" = None

    @property
    def plan(self) -> FaultPlan:
        """The fault that is asked for."""
        return self.order.plan

    def hold(self) -> None:
        """Apply, prove, and keep the fault in place for its time."""
        record = plan_injection(self.plan, self.stack, _ENTRY, confirmed=self.order.confirmed)
        check_share(record, self.stack, self.limits)
        request = self.guardian.apply(_ENTRY, "injection", record.model_dump(mode="json"))
        self.guardian.wait(request, timeout=_APPLY_TIMEOUT, interrupted=self.interrupts.check)
        self.applied = clock.monotonic()
        self.say(f"{self.plan.fault} is in place on {self.plan.target} for {self.plan.duration:g} s; Ctrl-C ends it")
        while (since := clock.monotonic() - self.applied) < self.plan.duration:
            self.interrupts.check()
            if self.found.bit is None:
                self._prove(record, since)
            self.guardian.pump(0.1)
            clock.pause(0.1)

    def _prove(self, record: Injection, since: float) -> None:
        """Begin a look at the effect, or take in the one that was begun: a slow system must not delay an end."""
        if self.probe is None:
            self.probe = self.probes.submit(probe_bite, self.stack, record)
            return
        if not self.probe.done():
            return
        proof, self.probe = self.probe.result(), None
        self.found.evidence = proof.evidence
        if proof.holds:
            self.found.bit = round(since, 3)
            self.say(f"it bites: {proof.evidence}")
        elif since > BITE_WITHIN:
            raise Aborted(f"{self.plan.fault} does not bite: {proof.evidence}")


def inject_once(
    order: Order,
    stack: RunningStack,
    folder: Path,
    interrupts: Interrupts,
    say: Callable[[str], None],
    *,
    lock: int,
) -> SingleInjection:
    """Apply one fault to a running stack for its time, and undo it.

    ``folder`` gets the ledger; ``lock`` is the descriptor of the stack's lock, which the guardian holds too.
    """
    folder.mkdir(parents=True)
    before = stack_residue(stack)
    guardian = GuardianClient(folder / "ledger.jsonl", folder / "guardian.log", say, inherit=(lock,))
    found = SingleInjection(order.plan.fault, order.plan.target)
    hand = _Hand(order, stack, guardian, interrupts, say, found, stack.compose.extension.limits)
    with interrupts.watching():
        try:
            hand.hold()
        except TocsinError as error:
            found.aborted = error.message
        finally:
            ending = Ending(guardian, folder / "ledger.jsonl", say)
            ending.begin()
            hand.probes.shutdown(wait=False, cancel_futures=True)
            found.residue = ending.wait()
    if hand.applied:
        found.removed = round(clock.monotonic() - hand.applied, 3)
    found.residue += [line for line in stack_residue(stack) if line not in before]
    return found
