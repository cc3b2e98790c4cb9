"""The load process: alone, as the master of several workers, or as one of them."""

import argparse
import signal
import sys
from time import monotonic

import gevent
from gevent.event import Event

from tocsin.errors import TocsinError
from tocsin.load.addresses import address, token
from tocsin.load.hosts import check_host
from tocsin.load.kinds import load_profile
from tocsin.load.leader import lead
from tocsin.load.metrics import serve, write_summary
from tocsin.load.options import digest, order_of, parse
from tocsin.load.order import Part
from tocsin.load.player import LEAD, count_users, environment_of, settle, start, wind_down
from tocsin.load.receipts import append
from tocsin.load.run import LoadRun, Share
from tocsin.load.worker import Invitation, Worker

_WRITE_EVERY = 1.0


def main() -> int:
    """Run a profile until its time is over or a signal comes; write the summary."""
    options = parse()
    try:
        part = Part.of(load_profile(options.profile), options.profile)
        leave = Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            gevent.signal_handler(number, leave.set)
        _play(part, options, leave)
    except TocsinError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    return 0


def _play(part: Part, options: argparse.Namespace, leave: Event) -> None:
    if options.worker:
        host, port = address(options.master)
        invitation = Invitation(host, port, token(), digest(options.profile), options.join_within, options.tied)
        Worker(part, invitation, leave).work()
        return
    check_host(options.host)
    options.receipts.write_text("", encoding="utf-8")
    if options.workers + options.remote > 1 or options.remote:
        lead(part, options, leave)
    else:
        _alone(part, options, leave)


def _alone(part: Part, options: argparse.Namespace, leave: Event) -> None:
    """The whole load in this process."""
    order = order_of(options)
    run = part.run(order)
    environment = environment_of(part, order)
    settle(environment, run)
    serve(lambda: run.measure, run, (options.metrics_host, options.metrics_port))
    runner = environment.create_local_runner()
    run.begun = monotonic() + LEAD
    start(runner, part, run, Share())
    watching = [gevent.spawn(run.watch), gevent.spawn(count_users, runner, run), gevent.spawn(_write, run, options)]
    leave.wait(options.duration)
    elapsed = run.second
    gevent.killall(watching)
    wind_down(runner, run)
    append(options.receipts, run.receipts.taken())
    write_summary(options.summary, run.measure, run, elapsed)
    runner.quit()


def _write(run: LoadRun, options: argparse.Namespace) -> None:
    while True:
        gevent.sleep(_WRITE_EVERY)
        append(options.receipts, run.receipts.taken())
