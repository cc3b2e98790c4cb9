"""``make bench-load``: requests per second and core of LeanHttpUser beside FastHttpUser, wrk and k6.

The server has one core to itself and so has the generator. All generators run in every round, in an order drawn from
the seed, so that a busier minute of the machine meets all of them; medians are compared.
"""

import argparse
import json
import os
import platform
import random
import resource
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from statistics import median

from tests.bench.rivals import CLIENT_ONLY, FAST, K6, LEAN, WRK, Outcome, Task, generator, rivals, run_pinned
from tests.conftest import ROOT

from tocsin import clock
from tocsin.cli.output import say
from tocsin.errors import BadInput, MissingProgram, TocsinError
from tocsin.stack.install import install_missing
from tocsin.stack.parts import Part, look
from tocsin.stack.ports import free_port

MEMORY_USERS = (100, 1100)
"""Two sizes whose difference is 1,000 users without what a process takes anyway."""


def main() -> int:
    """Run the benchmark and print its figures; the ratios come last."""
    options = _parse()
    try:
        _bench(options)
    except TocsinError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    return 0


def _bench(options: argparse.Namespace) -> None:
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2 or shutil.which("taskset") is None:
        raise BadInput("the benchmark needs two cores, one for the server and one for the generator, and taskset")
    _get_wrk()
    port = free_port()
    task = Task(f"http://127.0.0.1:{port}", options.users, options.seconds, cores[1])
    _print(
        f"machine: {platform.machine()}, {len(cores)} cores; server on core {cores[0]}, generator on core {cores[1]}"
    )
    _print(f"rounds {options.rounds} of {options.seconds:g} s each, {options.users} users, seed {options.seed}")
    with _server(port, cores[0]):
        outcomes = _rounds(task, options.rounds, options.seed)
        memory = {kind: _memory(kind, task) for kind in (LEAN, FAST)}
    _print_table(outcomes, memory)
    _print_ratios({name: median(outcome.rate for outcome in runs) for name, runs in outcomes.items()})


def _get_wrk() -> None:
    """A missing wrk is installed as ``doctor --install`` would; where that fails the benchmark goes on without it."""
    try:
        install_missing([look(Part(WRK, "a load generator in C, to compare with", package="wrk"), None)], ROOT, say)
    except MissingProgram as error:
        say(f"going on without wrk: {error.message}")


@contextmanager
def _server(port: int, core: int) -> Iterator[None]:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # 1,100 connections at both ends
    command = ["taskset", "-c", str(core), sys.executable, "-m", "granian", "--interface", "rsgi", "--workers", "1"]
    command += ["--host", "127.0.0.1", "--port", str(port), "--log-level", "warning", "tests.bench.app:app"]
    _print(f"server: {' '.join(command[3:])}")
    process = subprocess.Popen(command, cwd=ROOT)
    try:
        if not clock.wait_until(lambda: _listens(port), timeout=20):
            raise TocsinError("the server did not start")
        yield
    finally:
        process.terminate()
        process.wait(timeout=20)


def _rounds(task: Task, rounds: int, seed: int) -> dict[str, list[Outcome]]:
    found = rivals()
    for rival in found:
        _print(f"{rival.name}: {' '.join(rival.command(task))}")
    order = random.Random(seed)
    outcomes: dict[str, list[Outcome]] = {rival.name: [] for rival in found}
    for number in range(1, rounds + 1):
        for rival in order.sample(found, len(found)):
            outcome = rival.run(task)
            outcomes[rival.name].append(outcome)
            say(f"round {number}: {rival.name} {outcome.rate:,.0f}/s, {outcome.cpu_per_request:.1f} us CPU/request")
    return outcomes


def _memory(kind: str, task: Task) -> float:
    """Megabytes per 1,000 users that are connected and wait."""
    few, many = (
        json.loads(run_pinned(generator(kind, replace(task, users=users), "memory"), task.core, 120))["bytes"]
        for users in MEMORY_USERS
    )
    return float(many - few) / (MEMORY_USERS[1] - MEMORY_USERS[0]) * 1000 / 1e6


def _print_table(outcomes: dict[str, list[Outcome]], memory: dict[str, float]) -> None:
    _print(f"\n{'medians':<14}{'requests/s':>12}{'least':>10}{'most':>10}{'us CPU/request':>16}{'MB/1,000 users':>16}")
    for name, runs in outcomes.items():
        rates = [outcome.rate for outcome in runs]
        cpu = median(outcome.cpu_per_request for outcome in runs)
        megabytes = f"{memory[name]:.1f}" if name in memory else "-"
        _print(f"{name:<14}{median(rates):>12,.0f}{min(rates):>10,.0f}{max(rates):>10,.0f}{cpu:>16.1f}{megabytes:>16}")
    lean, alone = (median(outcome.cpu_per_request for outcome in outcomes[name]) for name in (LEAN, CLIENT_ONLY))
    _print(f"Locust's own loop, event and statistics, and the response object: {lean - alone:.1f} us CPU/request")


def _print_ratios(rates: dict[str, float]) -> None:
    for name, why in ((WRK, "wrk is not on PATH"), (FAST, ""), (K6, "k6 is not on PATH")):
        measured = f"{rates[LEAN] / rates[name]:.2f}" if name in rates else f"not measured: {why}"
        _print(f"ratio to {name}: {measured}")


def _print(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _listens(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=0.5):
            return True
    except OSError:
        return False


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench-load")
    parser.add_argument("--users", type=int, default=50)
    parser.add_argument("--seconds", type=int, default=5, help="length of one run")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seed", type=int, default=7, help="draws the order within each round")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
