"""One load generator in a process of its own: ``python -m tests.bench.generator KIND HOST USERS SECONDS MODE``.

MODE ``speed``: every user asks without pause; prints requests, failures, seconds and CPU seconds of the window.
MODE ``memory``: every user asks once and waits; prints the resident bytes.
"""

import gc
import json
import sys
import time
from pathlib import Path
from resource import getpagesize
from typing import Any

import gevent
from locust import FastHttpUser, HttpUser, constant
from locust.env import Environment

from tocsin.load.http.outgoing import Heads, Message
from tocsin.load.http.pool import Limits, Pool
from tocsin.load.lean import LeanHttpUser

KINDS = {"HttpUser": HttpUser, "FastHttpUser": FastHttpUser, "LeanHttpUser": LeanHttpUser}
CLIENT_ONLY = "client alone"
"""LeanHttpUser's client without Locust around it: the difference is what Locust's loop, event and statistics cost."""
WARM_SECONDS = 1.0


def main() -> None:
    """Run as the command line says."""
    kind, host, users, seconds, mode = sys.argv[1:]
    if mode == "memory":
        found = _resident(kind, host, int(users))
    elif kind == CLIENT_ONLY:
        found = _client_alone(host, int(users), float(seconds))
    else:
        found = _speed(kind, host, int(users), float(seconds))
    sys.stdout.write(json.dumps(found))


def _runner(kind: str, host: str, users: int, *, think: float) -> Any:
    def ask(user: Any) -> None:
        user.client.get("/")

    player = type("Player", (KINDS[kind],), {"host": host, "tasks": [ask], "wait_time": constant(think)})
    runner = Environment(user_classes=[player]).create_local_runner()
    runner.start(users, spawn_rate=users)
    return runner


def _speed(kind: str, host: str, users: int, seconds: float) -> dict[str, float]:
    stats = _runner(kind, host, users, think=0).stats
    gevent.sleep(WARM_SECONDS)
    total = stats.total  # Locust makes a new one when it starts
    begun, asked, cpu = time.monotonic(), total.num_requests, time.process_time()
    gevent.sleep(seconds)
    return {
        "requests": total.num_requests - asked,
        "failures": total.num_failures,
        "seconds": time.monotonic() - begun,
        "cpu": time.process_time() - cpu,
    }


def _client_alone(host: str, users: int, seconds: float) -> dict[str, float]:
    pool = Pool(Limits(60.0, 60.0, users, 1_000_000), lambda: None)  # type: ignore[arg-type, return-value] # no TLS
    exchange = Heads({}).exchange(Message("GET", host + "/", None, None, None))
    counted = [0]

    def ask() -> None:
        while True:
            pool.exchange(exchange, 60.0)
            counted[0] += 1

    asking = [gevent.spawn(ask) for _ in range(users)]
    gevent.sleep(WARM_SECONDS)
    begun, asked, cpu = time.monotonic(), counted[0], time.process_time()
    gevent.sleep(seconds)
    found = {
        "requests": counted[0] - asked,
        "failures": sum(one.dead for one in asking),
        "seconds": time.monotonic() - begun,
        "cpu": time.process_time() - cpu,
    }
    gevent.killall(asking)
    return found


def _resident(kind: str, host: str, users: int) -> dict[str, float]:
    stats = _runner(kind, host, users, think=3600).stats
    with gevent.Timeout(60):
        while stats.total.num_requests < users:
            gevent.sleep(0.1)
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return {"bytes": pages * getpagesize(), "failures": stats.total.num_failures}


if __name__ == "__main__":
    main()
