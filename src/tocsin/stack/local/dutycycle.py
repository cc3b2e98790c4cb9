"""A CPU limit where cgroups cannot be written: a session that has used up its share is stopped until it has paid.

Runs as its own process, ``python -m tocsin.stack.local.dutycycle PID CORES COUNTS``. Like the kernel's bandwidth
control it holds back only who has used too much: CPU time is granted at ``CORES`` a second, and whoever has used more
than granted is stopped (SIGSTOP) for as long as the debt takes to be granted. The kernel counts CPU time in ticks of
10 ms, so a small limit works in few and long stops. ``COUNTS`` is a JSON file of periods so far, how many of them were
held back, and for how many seconds. Ends when the target is gone; SIGTERM lets the target run and ends.
"""

import json
import signal
import sys
import threading
from dataclasses import asdict, dataclass
from pathlib import Path

from tocsin import clock
from tocsin.stack.local.session import members_of
from tocsin.stack.process import ProcessId, cpu_seconds, identity, is_same, send

PERIOD = 0.1
"""Seconds of one period, as in the kernel's default."""
_STEP = 0.02
_LONGEST = 0.5


class Allowance:
    """CPU time granted and used: a bucket that holds one period's worth and may go into debt."""

    def __init__(self, cores: float, now: float, used: float) -> None:
        self._cores = cores
        self._now, self._used = now, used
        self._left = cores * PERIOD

    def hold_for(self, now: float, used: float) -> float:
        """Seconds to hold the session back from ``now`` on, having used ``used`` CPU seconds so far; 0 = let it run."""
        self._left += self._cores * (now - self._now) - (used - self._used)
        self._left = min(self._left, self._cores * PERIOD)
        self._now, self._used = now, used
        return max(0.0, -self._left / self._cores)


@dataclass
class Counts:
    """What the cycle did so far, under the names of the kernel's own counters."""

    periods: float = 0.0
    throttled: float = 0.0
    seconds: float = 0.0
    quota: int = 0

    def add(self, elapsed: float, held: float) -> None:
        """Some seconds went by, of which the session was held back for some."""
        self.periods += elapsed / PERIOD
        self.throttled += held / PERIOD
        self.seconds += held


def read_counts(path: Path) -> Counts:
    """The counts so far; nought where nothing was ever counted."""
    try:
        return Counts(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return Counts()


def main(arguments: list[str]) -> int:
    """Hold the target to its share until told to stop or the target is gone."""
    target = identity(int(arguments[0]))
    cores, path = max(0.01, float(arguments[1])), Path(arguments[2])
    counts = read_counts(path)
    counts.quota = round(cores * 100_000)
    leave = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: leave.set())
    if target is not None:
        _cycle(target, cores, counts, path, leave)
        for process in members_of(target, {}):
            send(process, signal.SIGCONT)
    return 0


def _cycle(target: ProcessId, cores: float, counts: Counts, path: Path, leave: threading.Event) -> None:
    members = members_of(target, {})
    began = clock.monotonic()
    allowance = Allowance(cores, began, _used(members))
    told = looked = began
    while is_same(target) and not leave.is_set():
        now = clock.monotonic()
        if now - looked > 1.0:
            members, looked = members_of(target, {}), now
        hold = min(allowance.hold_for(now, _used(members)), _LONGEST)
        if hold > 0:
            _stop_for(members, hold, leave)
        else:
            leave.wait(_STEP)
        counts.add(clock.monotonic() - now, hold)
        if now - told > 0.2:
            _write(path, counts)
            told = now


def _stop_for(members: list[ProcessId], seconds: float, leave: threading.Event) -> None:
    for process in members:
        send(process, signal.SIGSTOP)
    leave.wait(seconds)
    for process in members:
        send(process, signal.SIGCONT)


def _used(members: list[ProcessId]) -> float:
    return sum(cpu_seconds(process.pid) for process in members)


def _write(path: Path, counts: Counts) -> None:
    draft = path.with_suffix(".new")
    draft.write_text(json.dumps(asdict(counts)), encoding="utf-8")
    draft.replace(path)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
