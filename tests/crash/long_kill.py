"""``make crash``: the director is killed at random instants, then director and guardian both; nothing may be left.

A stack under load is broken by every fault in turn. Each round starts an injection, kills what is to be killed at a
random moment (before, during and after applying), waits until everything is undone, and looks at the stack itself for
residue. Printed at the end: kills, residue, and how long it took from death to verified revert.
"""

import argparse
import os
import random
import signal
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from tests.live import begin, guardian_of, make_live_workspace, tocsin

from tocsin import clock
from tocsin.director.places import stack_places
from tocsin.handlers import handlers
from tocsin.inject.plan import plan_injection
from tocsin.ledger.store import Ledger, is_held, read_ledger
from tocsin.ledger.undo import apply_entry, undo_all
from tocsin.load.handler import LoadHandler, LoadStart
from tocsin.model.drill import FaultPlan
from tocsin.stack.local.backend import LocalStack
from tocsin.stack.local.lifecycle import running
from tocsin.stack.residue import stack_residue
from tocsin.workspace import Workspace

INJECTIONS = (
    ("kafka.consumer_pause", "coupon-issuer"), ("redis.latency", "redis"), ("redis.flush", "redis"),
    ("mysql.cpu_throttle", "mysql"), ("service.pause", "redis"), ("service.kill", "coupon-issuer"),
    ("service.cpu_throttle", "app"), ("edge.latency", "app-redis"), ("edge.bandwidth", "app-redis"),
    ("edge.reset", "issuer-mysql"), ("edge.timeout", "app-mysql"), ("edge.down", "app-redis"),
)  # fmt: skip
EARLIEST, LATEST = 0.6, 3.0
"""Seconds after the start of a round between which the kill comes: Python itself takes the first of them."""
UNDONE_WITHIN = 60.0


@dataclass
class Figures:
    """What the rounds came to."""

    kills: int = 0
    before: int = 0  # kills that came before anything was intended
    seconds: list[float] = field(default_factory=list)
    residue: list[str] = field(default_factory=list)

    def line(self, name: str) -> str:
        """One line for people."""
        p50, p95, most = (
            (float(np.percentile(self.seconds, share)) for share in (50, 95, 100)) if self.seconds else (0.0, 0.0, 0.0)
        )
        return (
            f"{name}: {self.kills} times ({self.before} before anything was intended), {len(self.residue)} residue; "
            f"seconds to the verified revert: p50 {p50:.2f} s, p95 {p95:.2f} s, most {most:.2f} s"
        )


def main() -> int:
    """Run all rounds; 0 when nothing was ever left."""
    parser = argparse.ArgumentParser(prog="make crash")
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--both", type=int, default=50)
    parser.add_argument("--reverts", type=int, default=100)
    parser.add_argument("--seed", type=int, default=7)
    arguments = parser.parse_args()
    dice = random.Random(arguments.seed)
    with tempfile.TemporaryDirectory(prefix="tocsin-crash-") as folder:
        workspace = make_live_workspace(Path(folder) / "workspace")
        done = tocsin(workspace, "up")
        if done.returncode != 0:
            sys.stderr.write(done.stderr)
            return done.returncode
        try:
            found = _rounds(workspace, dice, arguments)
        finally:
            tocsin(workspace, "down")
    for line in (figures.line(name) for name, figures in found.items()):
        sys.stdout.write(f"{line}\n")
    return 1 if any(figures.residue for figures in found.values()) else 0


def _rounds(workspace: Workspace, dice: random.Random, wanted: argparse.Namespace) -> dict[str, Figures]:
    stack = running(stack_places(workspace, "shop"))
    assert stack is not None
    load = _load(workspace, stack)
    handler = LoadHandler()
    handler.apply(load)
    found = {name: Figures() for name in ("director", "director and guardian", "reverts of redis.latency")}
    try:
        for number in range(wanted.reverts):
            _revert_under_load(workspace, stack, number, found["reverts of redis.latency"])
        for number in range(wanted.kills):
            _round(workspace, stack, dice, number, found["director"], both=False)
        for number in range(wanted.both):
            _round(workspace, stack, dice, number, found["director and guardian"], both=True)
    finally:
        handler.revert(load)
    return found


def _round(
    workspace: Workspace, stack: LocalStack, dice: random.Random, number: int, figures: Figures, *, both: bool
) -> None:
    fault, target = INJECTIONS[number % len(INJECTIONS)]
    known = set(workspace.ledgers())
    hand = begin(workspace, "inject", fault, "--target", target, "--for", "60s")
    clock.pause(dice.uniform(EARLIEST, LATEST))
    ledger = next(iter(set(workspace.ledgers()) - known), None)
    if both and ledger is not None:
        _kill_guardian(ledger)
    hand.kill()
    died = clock.wall()
    hand.communicate()
    figures.kills += 1
    ledger = ledger or next(iter(set(workspace.ledgers()) - known), None)
    if ledger is None or not (read_ledger(ledger) or _still_held(ledger)):
        figures.before += 1
    elif both:
        tocsin(workspace, "recover")
        tocsin(workspace, "recover")  # twice is harmless
    if ledger is not None:
        clock.wait_until(lambda: _closed(ledger), timeout=UNDONE_WITHIN)
        entries = read_ledger(ledger)
        if any(entry.is_open for entry in entries):
            figures.residue.append(f"round {number}: {fault}: {[entry.state for entry in entries]}")
        figures.seconds += [max(0.0, entry.at - died) for entry in entries if not both]
    left = stack_residue(stack)
    figures.residue += [f"round {number}: {fault}: {line}" for line in left]
    sys.stderr.write(
        f"\r{'both' if both else 'director'}: round {number + 1}, {fault}, residue so far {len(figures.residue)}   "
    )
    sys.stderr.flush()


def _revert_under_load(workspace: Workspace, stack: LocalStack, number: int, figures: Figures) -> None:
    """Apply and revert redis.latency through a ledger of its own; ``seconds`` are those of the revert."""
    plan = FaultPlan.model_validate(
        {"fault": "redis.latency", "target": "redis", "for": "60s", "with": {"latency": 100}}
    )
    ledger = Ledger(workspace.runs / f"revert-{number}" / "ledger.jsonl")
    try:
        injection = plan_injection(plan, stack, "i1")
        known = handlers(lambda _: None)
        apply_entry(ledger, known, "i1", "injection", injection.model_dump(mode="json"))
        clock.pause(0.3)  # so that requests are on their way through the toxic
        begun = clock.monotonic()
        residue = undo_all(ledger, known, lambda _: None).residue
    finally:
        ledger.close()
    figures.kills += 1
    figures.seconds.append(clock.monotonic() - begun)
    figures.residue += [f"revert {number}: {line}" for line in (*residue, *stack_residue(stack))]
    sys.stderr.write(f"\rrevert {number + 1}, residue so far {len(figures.residue)}   ")
    sys.stderr.flush()


def _still_held(ledger: Path) -> bool:
    """A guardian that has just been started may write its first entry yet."""
    clock.wait_until(lambda: not is_held(ledger), timeout=UNDONE_WITHIN)
    return bool(read_ledger(ledger))


def _closed(ledger: Path) -> bool:
    return not is_held(ledger) and not any(entry.is_open for entry in read_ledger(ledger))


def _kill_guardian(ledger: Path) -> None:
    pid = guardian_of(ledger)
    if pid is not None:
        os.kill(pid, signal.SIGKILL)


def _load(workspace: Workspace, stack: LocalStack) -> dict[str, object]:
    address = stack.address("app")
    start = LoadStart(
        profile=workspace.profile("shop_mix"), host=f"http://{address.host}:{address.port}",
        metrics_port=stack.load_port, seed=7, scale=1.0, compress=1.0, duration=7200.0, folder=workspace.runtime,
        run="crash",
    )  # fmt: skip
    return start.model_dump(mode="json")


if __name__ == "__main__":
    sys.exit(main())
