"""``make crash``: kills at random instants over all faults, under full load, and what they leave: nothing, in time.

Four kinds of rounds on one running stack, each followed by a look at the stack itself: reverts of redis.latency through
a ledger; injections whose director is killed before, during or after applying, or during the planned revert;
injections whose director and guardian are both killed, with ``tocsin recover`` twice; injections ended by ``tocsin
stop``. Then whole runs of a drill, each on a stack of its own, that are ended by ``tocsin stop``, and others whose
director is killed at a random instant. With ``--stack compose`` the one running stack is one of containers; whole runs
are on processes either way.

Printed at the end, per kind: how many, residue, and the seconds from death (or from the call) to the verified revert,
and from the call of ``tocsin stop`` to the halt: the load is off and undoing has begun.
Ends with 1 when anything was left, a revert hung, the 95th percentile of kills is above two seconds, or any halt took
longer than two.
"""

import argparse
import os
import random
import signal
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from tests.crash.figures import Figures
from tests.live import begin, guardian_of, make_live_workspace, processes_in, tocsin, wait_for_event

from tocsin import clock
from tocsin.director.places import stack_places
from tocsin.handlers import handlers
from tocsin.inject.plan import plan_injection
from tocsin.ledger.store import Ledger, halted_at, read_ledger
from tocsin.ledger.undo import apply_entry, undo_all
from tocsin.load.handler import LoadHandler, LoadStart
from tocsin.model.drill import FaultPlan
from tocsin.stack.backends import BACKENDS, leftovers, running
from tocsin.stack.places import LOCAL
from tocsin.stack.residue import stack_residue
from tocsin.stack.running import RunningStack
from tocsin.workspace import Workspace

INJECTIONS = (
    ("kafka.consumer_pause", "coupon-issuer"), ("redis.latency", "redis"), ("redis.flush", "redis"),
    ("mysql.cpu_throttle", "mysql"), ("service.pause", "redis"), ("service.kill", "coupon-issuer"),
    ("service.cpu_throttle", "app"), ("edge.latency", "app-redis"), ("edge.bandwidth", "app-redis"),
    ("edge.reset", "issuer-mysql"), ("edge.timeout", "app-mysql"), ("edge.down", "app-redis"),
    ("redis.client_pause", "redis"), ("mysql.latency", "mysql"), ("mysql.row_lock", "mysql"),
    ("mysql.connection_exhaustion", "mysql"), ("redis.memory_pressure", "redis"), ("redis.down", "redis"),
    ("kafka.consumer_slow", "coupon-issuer"), ("kafka.broker_pause", "kafka"),
)  # fmt: skip
LONG, SHORT = "60s", "600ms"
"""How long faults are to stay in place: with the short one the planned revert falls among the kills."""
EARLY, EARLIEST, LATEST, AFTER = 0.3, 0.4, 2.0, 1.5
"""A share of kills comes between EARLIEST and LATEST seconds after the start of the command; the others within AFTER
seconds of the moment at which something stands in its ledger, however long this machine takes to get there."""
RUN_LASTS = 75.0
"""Seconds of a short run among which its director is killed."""
UNDONE_WITHIN = 60.0
HANGS = 10.0


@dataclass
class Ground:
    """Where the rounds take place: a workspace, its running stack, and the dice."""

    workspace: Workspace
    stack: RunningStack
    dice: random.Random
    found: dict[str, Figures] = field(default_factory=dict)

    def figures(self, name: str) -> Figures:
        """Those of one kind of round."""
        return self.found.setdefault(name, Figures())

    def look(self, name: str, what: str) -> None:
        """Look at the stack without any ledger, and count the round."""
        figures = self.figures(name)
        figures.rounds += 1
        left = [f"{name}, round {figures.rounds}: {what}: {line}" for line in stack_residue(self.stack)]
        figures.residue += left
        for line in left:
            sys.stderr.write(f"\n{line}\n")
        sys.stderr.write(f"\r{name}: round {figures.rounds}, {what}, residue so far {len(figures.residue)}      ")
        sys.stderr.flush()


def main() -> int:
    """Run all rounds; 0 when nothing was ever left and nothing took too long."""
    parser = argparse.ArgumentParser(prog="make crash")
    defaults = {"reverts": 100, "kills": 200, "both": 50, "stops": 12, "stopped-runs": 3, "runs": 10, "seed": 7}
    for name, number in defaults.items():
        parser.add_argument(f"--{name}", type=int, default=number)
    parser.add_argument("--stack", choices=BACKENDS, default=LOCAL, help="what runs the stack of the single injections")
    wanted = parser.parse_args()
    dice = random.Random(wanted.seed)
    with tempfile.TemporaryDirectory(prefix="tocsin-crash-") as folder:
        workspace = make_live_workspace(Path(folder) / "workspace")
        found = _on_one_stack(workspace, dice, wanted) if _one_stack_is_wanted(wanted) else {}
        found["whole runs, tocsin stop"] = Figures(bound=None)
        for _ in range(wanted.stopped_runs):
            _stopped_run_round(workspace, found["whole runs, tocsin stop"])
        found["whole runs, director killed"] = Figures(bound=None)
        for _ in range(wanted.runs):
            _run_round(workspace, dice, found["whole runs, director killed"])
    sys.stderr.write("\n")
    for line in (figures.line(name) for name, figures in found.items() if figures.rounds):
        sys.stdout.write(f"{line}\n")
    for line in (line for figures in found.values() for line in figures.residue):
        sys.stdout.write(f"  {line}\n")
    return 1 if any(figures.failed for figures in found.values()) else 0


def _one_stack_is_wanted(wanted: argparse.Namespace) -> bool:
    return bool(wanted.reverts + wanted.kills + wanted.both + wanted.stops)


def _on_one_stack(workspace: Workspace, dice: random.Random, wanted: argparse.Namespace) -> dict[str, Figures]:
    done = tocsin(workspace, "up", "shop", "--stack", wanted.stack, timeout=300.0)
    if done.returncode != 0:
        raise SystemExit(done.stderr)
    stack = running(stack_places(workspace, "shop", wanted.stack))
    assert stack is not None
    ground = Ground(workspace, stack, dice)
    load, handler = _load(workspace, stack), LoadHandler()
    handler.apply(load)
    try:
        for number in range(wanted.reverts):
            _revert_under_load(ground, number)
        for number in range(wanted.kills):
            _kill_round(ground, number)
        for number in range(wanted.both):
            _both_round(ground, number)
        for number in range(wanted.stops):
            _stop_round(ground, number)
    finally:
        handler.revert(load)
        tocsin(workspace, "down")
    return ground.found


def _inject(ground: Ground, number: int, lasts: str) -> "_Hand":
    fault, target = INJECTIONS[number % len(INJECTIONS)]
    return _Hand(ground, fault, target, lasts)


class _Hand:
    """One ``tocsin inject`` under way."""

    def __init__(self, ground: Ground, fault: str, target: str, lasts: str) -> None:
        self._known = set(ground.workspace.ledgers())
        self._workspace = ground.workspace
        self.what = f"{fault} for {lasts}"
        self.process = begin(ground.workspace, "inject", fault, "--target", target, "--for", lasts)

    @property
    def ledger(self) -> Path | None:
        """Its ledger, once there is one."""
        return next(iter(set(self._workspace.ledgers()) - self._known), None)

    def kill(self) -> float:
        """Kill the director; returns the time of its death in seconds since the epoch."""
        self.process.kill()
        died = clock.wall()
        self.process.communicate()
        return died

    def kill_guardian(self) -> None:
        """Kill the guardian, if there is one by now."""
        pid = guardian_of(self.ledger) if self.ledger is not None else None
        if pid is not None:
            os.kill(pid, signal.SIGKILL)


def _kill_round(ground: Ground, number: int) -> None:
    """The director is killed at a random instant; its guardian does the rest."""
    name = "director killed"
    hand = _inject(ground, number, ground.dice.choice((LONG, SHORT)))
    _random_instant(ground, hand)
    died = hand.kill()
    _guardian_ends(ground.workspace, ground.figures(name))
    _measure(ground.figures(name), hand.ledger, died)
    ground.look(name, hand.what)


def _random_instant(ground: Ground, hand: _Hand) -> None:
    """Wait for the instant of the kill: before anything was intended, or while it is, is applied, or is reverted."""
    if ground.dice.random() < EARLY:
        clock.pause(ground.dice.uniform(EARLIEST, LATEST))
        return
    clock.wait_until(lambda: hand.ledger is not None and read_ledger(hand.ledger) != [], timeout=30.0, every=0.005)
    clock.pause(ground.dice.uniform(0.0, AFTER))


def _both_round(ground: Ground, number: int) -> None:
    """Director and guardian are killed; ``tocsin recover`` does the rest, and does it twice."""
    name = "director and guardian killed"
    ground.figures(name).bound = None  # it takes as long as a person takes to call it
    hand = _inject(ground, number, LONG)
    _random_instant(ground, hand)
    hand.kill_guardian()
    died = hand.kill()
    _guardian_ends(ground.workspace, ground.figures(name))
    for _ in range(2):
        done = tocsin(ground.workspace, "recover")
        if done.returncode != 0:
            ground.figures(name).residue.append(f"recover ended with {done.returncode}: {done.stderr}")
    _measure(ground.figures(name), hand.ledger, died)
    ground.look(name, hand.what)


def _stop_round(ground: Ground, number: int) -> None:
    """``tocsin stop`` from another terminal, timed from its call, the start of the command itself included."""
    name = "tocsin stop"
    ground.figures(name).bound = None  # a killed service is put back by starting it, and takes as long as that takes
    hand = _inject(ground, number, LONG)
    clock.wait_until(lambda: _is_applied(hand.ledger), timeout=30.0)
    called = clock.wall()
    done = tocsin(ground.workspace, "stop", "--reason", "a round of make crash")
    hand.process.communicate()
    tocsin(ground.workspace, "resume")
    if done.returncode != 0:
        ground.figures(name).residue.append(f"stop ended with {done.returncode}: {done.stderr}")
    _measure(ground.figures(name), hand.ledger, called)
    _halt(ground.figures(name), hand.ledger, called)
    ground.look(name, hand.what)


def _halt(figures: Figures, ledger: Path | None, called: float) -> None:
    """Count the seconds from a call of ``tocsin stop`` to the halt."""
    halted = halted_at(ledger) if ledger is not None else None
    if halted is None:
        figures.residue.append("stop was called and nothing was halted")
    else:
        figures.halts.append(max(0.0, halted - called))


def _revert_under_load(ground: Ground, number: int) -> None:
    """Apply and revert redis.latency through a ledger of its own; ``seconds`` are those of the revert."""
    name = "reverts of redis.latency"
    words = {"fault": "redis.latency", "target": "redis", "for": "60s", "with": {"latency": 100}}
    ledger = Ledger(ground.workspace.runs / f"revert-{number}" / "ledger.jsonl")
    try:
        injection = plan_injection(FaultPlan.model_validate(words), ground.stack, "i1")
        known = handlers(lambda _: None)
        apply_entry(ledger, known, "i1", "injection", injection.model_dump(mode="json"))
        clock.pause(0.3)  # so that requests are on their way through the toxic
        begun = clock.monotonic()
        left = undo_all(ledger, known, lambda _: None).residue
    finally:
        ledger.close()
    took = clock.monotonic() - begun
    ground.figures(name).seconds.append(took)
    ground.figures(name).residue += left + ([f"hung for {took:.0f} s"] if took > HANGS else [])
    ground.look(name, "redis.latency")


def _stopped_run_round(workspace: Workspace, figures: Figures) -> None:
    """A whole run, stopped from another terminal while its fault is in place."""
    known = set(workspace.ledgers())
    run = begin(workspace, "run", "quick", "--json")
    clock.wait_until(lambda: set(workspace.ledgers()) != known, timeout=60.0)
    wait_for_event(workspace, "bit")
    ledger = next(iter(set(workspace.ledgers()) - known))
    called = clock.wall()
    done = tocsin(workspace, "stop", "--reason", "a round of make crash")
    run.communicate()
    tocsin(workspace, "resume")
    if done.returncode != 0:
        figures.residue.append(f"stop ended with {done.returncode}: {done.stderr}")
    figures.rounds += 1
    _measure(figures, ledger, called, kinds=("injection", "remedy"))
    _halt(figures, ledger, called)
    left = processes_in(workspace.root) + leftovers(stack_places(workspace, "shop"))
    figures.residue += [f"run stopped: {line}" for line in left]
    sys.stderr.write(f"\nrun {figures.rounds}: stopped, left: {len(left)}, halts {figures.halts}")


def _run_round(workspace: Workspace, dice: random.Random, figures: Figures) -> None:
    """A whole run, killed somewhere between the start of its stack and its end."""
    known = set(workspace.ledgers())
    run = begin(workspace, "run", "short", "--json")
    instant = dice.uniform(1.0, RUN_LASTS)
    clock.wait_until(lambda: run.poll() is not None, timeout=instant)
    run.kill()
    died = clock.wall()
    run.communicate()
    figures.rounds += 1
    _guardian_ends(workspace, figures)
    _measure(figures, next(iter(set(workspace.ledgers()) - known), None), died, kinds=("injection", "remedy"))
    clock.wait_until(lambda: processes_in(workspace.root) == [], timeout=5.0)
    left = processes_in(workspace.root) + leftovers(stack_places(workspace, "shop"))
    figures.residue += [f"run killed after {instant:.1f} s: {line}" for line in left]
    sys.stderr.write(f"\nrun {figures.rounds}: killed after {instant:.1f} s, left: {len(left)}")


def _measure(figures: Figures, ledger: Path | None, since: float, kinds: tuple[str, ...] = ("injection",)) -> None:
    entries = read_ledger(ledger) if ledger is not None else []
    figures.before += not any(entry.kind in kinds for entry in entries)
    figures.residue += [f"{entry.kind} {entry.id} is {entry.state}" for entry in entries if entry.is_open]
    undone = [(entry.at - since, str(entry.record.get("fault", ""))) for entry in entries if entry.kind in kinds]
    late = [one for one in undone if one[0] > 0]
    if late:
        figures.seconds.append(max(late)[0])
        figures.slowest = max(figures.slowest, *late)


def _guardian_ends(workspace: Workspace, figures: Figures) -> None:
    """Wait until no guardian of the workspace is left: one that was just being started included."""

    def none_left() -> bool:
        return not any("tocsin.guardian" in line for line in processes_in(workspace.root))

    if not clock.wait_until(none_left, timeout=UNDONE_WITHIN):
        figures.residue.append("a guardian has not ended")


def _is_applied(ledger: Path | None) -> bool:
    return ledger is not None and any(entry.state == "applied" for entry in read_ledger(ledger))


def _load(workspace: Workspace, stack: RunningStack) -> dict[str, object]:
    address = stack.address("app")
    start = LoadStart(
        profile=workspace.profile("shop_mix"), host=f"http://{address.host}:{address.port}",
        metrics_port=stack.load_port, seed=7, scale=1.0, compress=1.0, duration=7200.0, folder=workspace.runtime,
        run="crash",
    )  # fmt: skip
    return start.model_dump(mode="json")


if __name__ == "__main__":
    sys.exit(main())
