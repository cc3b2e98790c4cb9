"""The generators that are compared, each as one command, and what one run of each tells."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage

from tests.conftest import ROOT

from tocsin.errors import TocsinError

LEAN, FAST, K6, WRK, CLIENT_ONLY = "LeanHttpUser", "FastHttpUser", "k6", "wrk", "client alone"
K6_SCRIPT = Path(__file__).with_name("k6.js")
_GRACE = 60.0
"""Seconds beyond its own that a generator may take to start and end."""


@dataclass(frozen=True)
class Task:
    """What every generator is asked to do: ``users`` ask ``host`` for ``seconds``, all on one core."""

    host: str
    users: int
    seconds: int
    core: int


@dataclass(frozen=True)
class Outcome:
    """What one run came to; ``cpu`` in seconds of the generator's own process."""

    requests: int
    failures: int
    seconds: float
    cpu: float

    @property
    def rate(self) -> float:
        """Requests per second."""
        return self.requests / self.seconds

    @property
    def cpu_per_request(self) -> float:
        """Microseconds of CPU per request."""
        return self.cpu / self.requests * 1e6 if self.requests else float("inf")


@dataclass(frozen=True)
class Rival:
    """A generator: its name, its command, and how to read what it prints given the CPU seconds it took."""

    name: str
    command: Callable[[Task], list[str]]
    read: Callable[[str, float], Outcome]

    def run(self, task: Task) -> Outcome:
        """Run it once.

        Raises:
            TocsinError: it failed, or requests did.
        """
        before = getrusage(RUSAGE_CHILDREN)
        output = run_pinned(self.command(task), task.core, task.seconds + _GRACE)
        after = getrusage(RUSAGE_CHILDREN)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        outcome = self.read(output, cpu)
        if outcome.failures or not outcome.requests:
            raise TocsinError(f"{self.name}: {outcome.failures} of {outcome.requests} requests failed")
        return outcome


def rivals() -> list[Rival]:
    """Those that can run on this machine; wrk and k6 only when they are on PATH."""
    found = [Rival(name, _python(name), read_ours) for name in (LEAN, FAST, CLIENT_ONLY)]
    if shutil.which(WRK):
        found.append(Rival(WRK, _wrk, read_wrk))
    if shutil.which(K6):
        found.append(Rival(K6, _k6, read_ours_with_cpu))
    return found


def run_pinned(command: list[str], core: int, timeout: float) -> str:
    """Run a command on one core and give back what it printed.

    Raises:
        TocsinError: with its last lines.
    """
    done = subprocess.run(
        ["taskset", "-c", str(core), *command], cwd=ROOT, capture_output=True, text=True, check=False, timeout=timeout
    )
    if done.returncode != 0:
        raise TocsinError(f"`{' '.join(command)}` failed:\n{(done.stdout + done.stderr)[-800:]}")
    return done.stdout


def generator(kind: str, task: Task, mode: str) -> list[str]:
    """The command of one of the generators in Python."""
    words = [sys.executable, "-m", "tests.bench.generator", kind, task.host, str(task.users), f"{task.seconds}"]
    return [*words, mode]


def read_ours(output: str, _cpu: float) -> Outcome:
    """What our generator prints; it measures its CPU within the window itself."""
    return Outcome(**json.loads(output))


def read_ours_with_cpu(output: str, cpu: float) -> Outcome:
    """What the k6 script prints, which knows nothing of CPU."""
    return Outcome(**json.loads(output), cpu=cpu)


def read_wrk(output: str, cpu: float) -> Outcome:
    """What wrk prints: ``29305 requests in 3.10s, ...`` and a line for each kind of failure that occurred."""
    total = re.search(r"(\d+) requests in ([\d.]+)(ms|s|m)", output)
    if total is None:
        raise TocsinError(f"wrk printed no total:\n{output}")
    sockets = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", output)
    statuses = re.search(r"Non-2xx or 3xx responses: (\d+)", output)
    failures = sum(int(number) for found in (sockets, statuses) if found for number in found.groups())
    unit = {"ms": 0.001, "s": 1.0, "m": 60.0}[total[3]]
    return Outcome(int(total[1]), failures, float(total[2]) * unit, cpu)


def _python(kind: str) -> Callable[[Task], list[str]]:
    return lambda task: generator(kind, task, "speed")


def _wrk(task: Task) -> list[str]:
    return [WRK, "-t1", f"-c{task.users}", f"-d{task.seconds}s", f"{task.host}/"]


def _k6(task: Task) -> list[str]:
    options = ["-e", f"HOST={task.host}", "--vus", str(task.users), "--duration", f"{task.seconds}s"]
    return [K6, "run", "--quiet", "--no-usage-report", *options, str(K6_SCRIPT)]
