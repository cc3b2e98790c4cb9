"""Running a profile with Locust: users, shape, metrics, end, summary."""

import argparse
import importlib.util
import itertools
import json
import signal
import sys
import time
import traceback
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

import gevent
from gevent.event import Event
from gevent.pywsgi import WSGIServer
from locust import LoadTestShape
from locust.env import Environment
from prometheus_client import make_wsgi_app

from tocsin.errors import BadInput, TocsinError
from tocsin.load.users import LoadRun, MeasuredUser

_LAST_ANSWERS = 0.5
"""Seconds that requests in flight get when the load ends; the halt of a drill waits for it."""
LOOPBACK = ("127.0.0.1", "localhost", "::1")


def main() -> int:
    """Run a profile until its time is over or a signal comes; write the summary."""
    arguments = _parse()
    try:
        _check_host(arguments.host)
        module = load_profile(arguments.profile)
        return _run(module, arguments)
    except TocsinError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code


def load_profile(path: Path) -> ModuleType:
    """Import a profile under a name of its own, so that it can hide no other module.

    Raises:
        BadInput: naming file and line of what went wrong.
    """
    spec = importlib.util.spec_from_file_location(f"tocsin_profile_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise BadInput(f"{path}: cannot be read as a load profile")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:  # a profile is somebody's program and may raise anything
        lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
        where = getattr(error, "lineno", None) or (lines[-1] if lines else 1)
        raise BadInput(f"{path}:{where}: the load profile does not import: {type(error).__name__}: {error}") from error
    return module


def user_classes(module: ModuleType, path: Path) -> list[type[MeasuredUser]]:
    """The kinds of users that a profile brings.

    Raises:
        BadInput: when there is none, or the profile does not say which requests it sends.
    """
    classes = [kind for kind in vars(module).values() if _is_concrete(kind, MeasuredUser)]
    if not classes:
        raise BadInput(f"{path}:1: there is no user class in this load profile")
    if not getattr(module, "REQUESTS", None):
        raise BadInput(f"{path}:1: the constant REQUESTS (the names of its requests) is missing")
    return classes


def _run(module: ModuleType, arguments: argparse.Namespace) -> int:
    classes = user_classes(module, arguments.profile)
    shapes = [kind for kind in vars(module).values() if _is_concrete(kind, LoadTestShape)]
    run = LoadRun(
        seed=arguments.seed,
        scale=arguments.scale,
        compress=arguments.compress,
        users=arguments.users,
        requests=tuple(module.REQUESTS),
    )
    run.open_receipts(arguments.receipts)
    environment = Environment(user_classes=classes, host=arguments.host, stop_timeout=1)
    environment.tocsin = run
    environment.tocsin_numbers = itertools.count(1)
    if shapes:
        environment.shape_class = shapes[0](run)
    _serve_metrics(run, arguments.metrics_port)
    elapsed = _drive(environment, run, arguments.duration)
    if run.receipts is not None:
        run.receipts.close()
    draft = arguments.summary.with_suffix(".new")
    draft.write_text(json.dumps(run.measure.summary(elapsed)), encoding="utf-8")
    draft.replace(arguments.summary)
    return 0


def _drive(environment: Environment, run: LoadRun, duration: float) -> float:
    """Start the users, wait for the end, stop them; returns seconds of load."""
    leave = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        gevent.signal_handler(number, leave.set)
    runner = environment.create_local_runner()
    begun = time.monotonic()
    if environment.shape_class is not None:
        runner.start_shape()
    else:
        runner.start(len(environment.user_classes), spawn_rate=100)
    watcher = gevent.spawn(run.watch)
    users = gevent.spawn(_count_users, runner, run)
    leave.wait(duration)
    elapsed = time.monotonic() - begun
    _let_end(run)
    gevent.killall([watcher, users])
    runner.quit()
    return elapsed


def _let_end(run: LoadRun) -> None:
    """No new arrivals; what is in flight gets a moment to end."""
    run.ending = True
    until = time.monotonic() + _LAST_ANSWERS
    while run.in_flight.open and time.monotonic() < until:
        gevent.sleep(0.02)


def _count_users(runner: Any, run: LoadRun) -> None:
    while True:
        run.measure.users.set(runner.user_count)
        gevent.sleep(1.0)


def _serve_metrics(run: LoadRun, port: int) -> None:
    server = WSGIServer(("127.0.0.1", port), make_wsgi_app(run.measure.registry), log=None, error_log=None)
    server.start()


def _is_concrete(kind: object, base: type) -> bool:
    return isinstance(kind, type) and issubclass(kind, base) and kind is not base and not kind.__dict__.get("abstract")


def _check_host(host: str) -> None:
    if urlsplit(host).hostname not in LOOPBACK:
        raise BadInput(f"load goes to loopback only, not to {host}")


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tocsin.load")
    parser.add_argument("--profile", type=Path, required=True)
    parser.add_argument("--host", required=True)
    parser.add_argument("--metrics-port", type=int, required=True)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--compress", type=float, default=1.0)
    parser.add_argument("--duration", type=float, required=True)
    parser.add_argument("--users", type=int, default=10_000)
    parser.add_argument("--summary", type=Path, required=True)
    parser.add_argument("--receipts", type=Path, required=True)
    return parser.parse_args()
