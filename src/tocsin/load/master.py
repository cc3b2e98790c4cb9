"""The master of a load on several workers: Locust's own distributed mode, with a token, and counts that add up."""

import hmac
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any

import gevent

from tocsin.errors import BadInput
from tocsin.load.measure import Measure
from tocsin.load.order import Order
from tocsin.load.player import LEAD
from tocsin.load.receipts import append
from tocsin.load.run import LoadRun

HELLO, PLAN, REFUSED, READY, BEGIN = "tocsin_hello", "tocsin_plan", "tocsin_refused", "tocsin_ready", "tocsin_begin"
COUNTS, END, DONE = "tocsin_counts", "tocsin_end", "tocsin_done"

_ENDED_WITHIN = 6.0
"""Seconds that workers get to count their last requests."""


@dataclass(frozen=True)
class Terms:
    """What a worker must bring: the token, and the same profile (its digest); and how many are to come."""

    token: str
    digest: str
    workers: int
    within: float = 20.0


@dataclass
class Meeting:
    """The workers of one load, from the first that joins to the last that ends.

    Attributes:
        lost: which workers were lost before the end, and how.
    """

    runner: Any
    run: LoadRun
    order: Order
    terms: Terms
    receipts: Path
    lost: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._index: dict[str, int] = {}
        self._pids: dict[int, int] = {}
        self._ready: set[str] = set()
        self._done: set[str] = set()
        self._counts: dict[str, Measure] = {}
        for name, listener in (
            (HELLO, self._hello),
            (READY, self._note_ready),
            (COUNTS, self._count),
            (DONE, self._end),
        ):
            self.runner.register_message(name, self._trusted(name, listener))

    def gather(self, problem: Callable[[], str]) -> None:
        """Wait until all workers are ready; ``problem`` says why that cannot come any more.

        Raises:
            BadInput: naming how many did not join.
        """
        until = monotonic() + self.terms.within
        while len(self._ready) < self.terms.workers:
            reason = problem()
            if reason:
                raise BadInput(f"a load worker did not join: {reason}")
            if monotonic() > until:
                missing = self.terms.workers - len(self._ready)
                raise BadInput(
                    f"{missing} of {self.terms.workers} load workers did not join within {self.terms.within:g} s"
                )
            gevent.sleep(0.05)

    def begin(self) -> None:
        """Give the word to all of them; who has connected and not joined stays outside."""
        for client in set(self.runner.clients) - self._ready:
            self.runner.clients.pop(client, None)
        self.runner.send_message(BEGIN, {"in": LEAD})
        self.run.begun = monotonic() + LEAD

    def end(self) -> None:
        """Have all of them end, and wait for their last counts."""
        self.runner.send_message(END, {})
        until = monotonic() + _ENDED_WITHIN
        while len(self._done) < self.terms.workers - len(self.lost) and monotonic() < until:
            gevent.sleep(0.05)
        for client, index in self._index.items():
            if client not in self._done:
                self.lose(index, "did not tell its last counts")

    def look(self) -> None:
        """Note the workers that have left or fallen silent."""
        for client, index in self._index.items():
            node = self.runner.clients.get(client)
            if client in self._ready and (node is None or node.state == "missing"):
                self.lose(index, "left" if node is None else "fell silent")

    def worker_with(self, pid: int) -> int:
        """The index of the worker on this machine that has this process id."""
        return self._pids[pid]

    def lose(self, index: int, how: str) -> None:
        """Note once that a worker was lost."""
        if not any(line.startswith(f"worker {index + 1} ") for line in self.lost):
            self.lost.append(f"worker {index + 1} {how}, at {self.run.second:.1f} s of load")
            _say(f"a load worker was lost: {self.lost[-1]}")

    def measure(self) -> Measure:
        """What all workers have counted, added up."""
        whole = Measure(self.run.requests, len(self.run.course.spans))
        for counts in self._counts.values():
            whole.add(counts)
        return whole

    def _trusted(self, name: str, listener: Callable[[str, dict[str, Any]], None]) -> Callable[..., None]:
        """Only messages with the token are listened to, and but for the first only from workers that were let in."""

        def listen(environment: Any, msg: Any) -> None:  # noqa: ARG001 - Locust gives both
            client, data = str(msg.node_id), msg.data
            if not hmac.compare_digest(str(data.get("token", "")), self.terms.token):
                self._refuse(client, "its token is not the master's")
            elif name == HELLO or client in self._index:
                listener(client, data)

        return listen

    def _hello(self, client: str, data: dict[str, Any]) -> None:
        if data["digest"] != self.terms.digest:
            self._refuse(client, "its load profile is another one than the master's")
        elif client not in self._index and len(self._index) >= self.terms.workers:
            self._refuse(client, "there are enough workers")
        else:
            index = self._index.setdefault(client, len(self._index))
            self._pids[data["pid"]] = index
            plan = {"order": self.order.model_dump(mode="json"), "index": index, "count": self.terms.workers}
            self.runner.send_message(PLAN, plan, client)

    def _refuse(self, client: str, why: str) -> None:
        _say(f"a load worker ({client}) was refused: {why}")
        self.runner.send_message(REFUSED, {"why": why}, client)
        self.runner.clients.pop(client, None)

    def _note_ready(self, client: str, _data: dict[str, Any]) -> None:
        self._ready.add(client)

    def _count(self, client: str, data: dict[str, Any]) -> None:
        self._counts[client] = self.run.measure.unpacked(data["counts"])
        append(self.receipts, data["receipts"])

    def _end(self, client: str, data: dict[str, Any]) -> None:
        self._count(client, data)
        self._done.add(client)


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()
