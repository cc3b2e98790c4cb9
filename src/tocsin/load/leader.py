"""A load on several workers: starts those of this machine, waits for those of others, and leads them to the end."""

import argparse
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import gevent
from gevent.event import Event

from tocsin.load.addresses import ADDRESS, TOKEN, address, token
from tocsin.load.master import Meeting, Terms
from tocsin.load.metrics import serve, write_summary
from tocsin.load.options import digest, order_of
from tocsin.load.order import Part
from tocsin.load.player import environment_of, start
from tocsin.load.run import Share
from tocsin.load.users import ArrivalUser


def lead(part: Part, options: argparse.Namespace, leave: Event) -> None:
    """Lead the workers of a load until it is over or ``leave`` is set; write the summary.

    Raises:
        BadInput: a worker does not join.
    """
    order, count = order_of(options), options.workers + options.remote
    run = part.run(order)
    environment = environment_of(part, order)
    for kind in part.kinds:
        if issubclass(kind, ArrivalUser):
            kind.fixed_count = count  # one for each worker
    host, port = address(os.environ.get(ADDRESS, "")) if options.remote else ("127.0.0.1", 0)
    secret = token() if options.remote else secrets.token_hex(16)
    runner = environment.create_master_runner(host, port)
    terms = Terms(secret, digest(options.profile), count, options.join_within)
    meeting = Meeting(runner, run, order, terms, options.receipts)
    with _children(options, f"{_reached_at(host)}:{runner.server.port}", secret) as children:
        meeting.gather(lambda: _ended(children))
        serve(meeting.measure, run, (options.metrics_host, options.metrics_port))
        meeting.begin()
        start(runner, part, run, Share(0, count))
        looking = gevent.spawn(_look, meeting, children)
        leave.wait(options.duration)
        elapsed = run.second
        looking.kill()
        _look_once(meeting, children)
        meeting.end()
        write_summary(options.summary, meeting.measure(), run, elapsed, meeting.lost)
        runner.quit()


def _reached_at(host: str) -> str:
    """Where workers on this machine find a master that listens there."""
    return "127.0.0.1" if host in {"*", "0.0.0.0", "::"} else host  # noqa: S104 - told, not bound


def _look(meeting: Meeting, children: list[Any]) -> None:
    while True:
        gevent.sleep(0.5)
        _look_once(meeting, children)


def _look_once(meeting: Meeting, children: list[Any]) -> None:
    for child in children:
        if child.poll() is not None:
            meeting.lose(meeting.worker_with(child.pid), f"ended with exit code {child.returncode}")
    meeting.look()


def _ended(children: list[Any]) -> str:
    """Why not all children can join; empty while they can."""
    codes = [child.returncode for child in children if child.poll() is not None]
    return f"it ended with exit code {codes[0]}" if codes else ""


@contextmanager
def _children(options: argparse.Namespace, master: str, secret: str) -> Iterator[list[Any]]:
    """The workers on this machine; each ends when its standard input does, so none outlives this process."""
    words = [
        sys.executable,
        "-m",
        "tocsin.load",
        "--worker",
        "--tied",
        "--profile",
        str(options.profile),
        "--master",
        master,
    ]
    words += ["--join-within", str(options.join_within)]
    environment = {**os.environ, TOKEN: secret}
    children = [subprocess.Popen(words, stdin=subprocess.PIPE, env=environment) for _ in range(options.workers)]
    try:
        yield children
    finally:
        for child in children:
            if child.stdin is not None:
                child.stdin.close()
        for child in children:
            _end(child)


def _end(child: Any) -> None:
    try:
        child.wait(timeout=3.0)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
