"""A worker of a load: joins a master, plays its share, and tells what it counts four times a second."""

import os
import sys
from dataclasses import dataclass, field
from time import monotonic, time
from typing import Any

import gevent
from gevent.event import AsyncResult, Event
from gevent.socket import wait_read
from locust.env import Environment

from tocsin.errors import BadInput
from tocsin.load.hosts import check_host
from tocsin.load.master import BEGIN, COUNTS, DONE, END, HELLO, PLAN, READY, REFUSED
from tocsin.load.order import Order, Part
from tocsin.load.player import count_users, settle, wind_down
from tocsin.load.run import Share

_TELL_EVERY = 0.25
_FAREWELL = 0.5
"""Seconds that the last message gets to leave this process."""
_SILENCE = 5.0
"""Seconds without a sign of the master after which a worker stops by itself."""


@dataclass(frozen=True)
class Invitation:
    """Where the master is, the token, the digest of the profile, and seconds in which to have joined."""

    host: str
    port: int
    token: str
    digest: str
    within: float = 20.0
    tied: bool = False  # True for a worker that ends when its standard input does: whoever started it is gone then


@dataclass
class Worker:
    """One worker process; ``leave`` ends it."""

    part: Part
    invitation: Invitation
    leave: Event = field(default_factory=Event)

    def work(self) -> None:
        """Join, play to the end, and tell the last counts.

        Raises:
            BadInput: the master does not answer, or refuses this worker.
        """
        invitation = self.invitation
        environment = Environment(user_classes=list(self.part.kinds), stop_timeout=1)
        self._plan: AsyncResult = AsyncResult()
        self._begun, self._ended = Event(), Event()
        unanswered = BadInput(f"no master of a load answers at {invitation.host}:{invitation.port}")
        with gevent.Timeout(invitation.within, unanswered):
            self._runner = environment.create_worker_runner(invitation.host, invitation.port)
            self._listen()
            self._tell(HELLO, digest=invitation.digest, pid=os.getpid())
            plan = self._plan.get()
        order = Order.model_validate(plan["order"])
        check_host(order.host)
        run = self._run = self.part.run(order, Share(plan["index"], plan["count"]))
        settle(environment, run)
        self._tell(READY)
        watching = [gevent.spawn(look) for look in (run.watch, self._report, self._watch_master)]
        watching.append(gevent.spawn(count_users, self._runner, run))
        if invitation.tied:
            gevent.spawn(self._follow_starter)
        self.leave.wait(order.duration + invitation.within)
        gevent.killall(watching)
        if not self._ended.is_set():
            wind_down(self._runner, run)
        self._runner.quit()

    def _listen(self) -> None:
        runner = self._runner
        runner.register_message(PLAN, lambda msg, **_: self._plan.set(msg.data))
        runner.register_message(REFUSED, self._refused)
        runner.register_message(BEGIN, self._begin)
        runner.register_message(END, lambda **_: self._finish(), concurrent=True)

    def _refused(self, msg: Any, **_: Any) -> None:
        self._plan.set_exception(BadInput(f"the master refused this worker: {msg.data['why']}"))

    def _begin(self, msg: Any, **_: Any) -> None:
        self._run.begun = monotonic() + msg.data["in"]

    def _finish(self) -> None:
        wind_down(self._runner, self._run)
        self._tell(DONE, **self._counts())
        self._ended.set()
        gevent.sleep(_FAREWELL)
        self.leave.set()

    def _report(self) -> None:
        while not self._run.over:
            gevent.sleep(_TELL_EVERY)
            self._tell(COUNTS, **self._counts())

    def _counts(self) -> dict[str, Any]:
        return {"counts": self._run.measure.packed(), "receipts": self._run.receipts.taken()}

    def _tell(self, what: str, **data: Any) -> None:
        self._runner.send_message(what, {"token": self.invitation.token, **data})

    def _watch_master(self) -> None:
        """Leave when the master is gone: it answers every heartbeat."""
        while True:
            gevent.sleep(0.5)
            heard = self._runner.last_heartbeat_timestamp
            if heard is not None and time() - heard > _SILENCE:
                sys.stderr.write(f"the master of the load has been silent for {_SILENCE:g} s: this worker stops\n")
                self.leave.set()

    def _follow_starter(self) -> None:
        wait_read(sys.stdin.fileno())
        self.leave.set()
