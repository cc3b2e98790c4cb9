"""The guardian: the only process that applies and reverts, and that reverts when the director dies.

Runs as ``python -m tocsin.guardian --ledger PATH``, talks JSON lines over its standard input and output. The director
renews a lease; when the lease runs out or the pipe closes, the guardian takes no more requests, undoes every open
entry of the ledger, reads back each result, writes what it did to its journal and exits.

Requests are carried out one after the other by a worker thread. When the director is gone, or wants to finish, the
worker's waits are cut short; should it hang all the same, the process replaces itself (``--undo``), so that nothing
half done goes on beside the undoing.
"""

import argparse
import json
import os
import queue
import select
import signal
import sys
import threading
from pathlib import Path
from typing import Any

from tocsin import clock
from tocsin.errors import TocsinError, describe
from tocsin.guards import announce
from tocsin.handlers import handlers
from tocsin.ledger.store import Ledger
from tocsin.ledger.undo import apply_entry, revert_entry, undo_all
from tocsin.undoing import undo_for_the_dead

OVERTIME = 10.0
"""Seconds beyond its planned length after which the guardian ends an injection by itself."""
STEP_ENDS_WITHIN = 2.0
"""Seconds that a step under way gets to end once the director is gone; after that the process replaces itself."""
_GONE = "the director is gone (its pipe closed)"


class _GivenUp(TocsinError):  # noqa: N818 - a state, not a fault
    """Raised inside a step that is still under way when it should not be."""


class Guardian:
    """Serves one director over one ledger."""

    def __init__(self, ledger: Ledger, lease: float) -> None:
        self._ledger = ledger
        self._lease = lease
        self._silence = clock.Silence()
        self._requests: queue.Queue[dict[str, Any] | None] = queue.Queue()
        self._closing = threading.Event()
        self._finished = threading.Event()
        self._give_up = threading.Event()
        self._writing = threading.Lock()
        self._handlers = handlers(self._progress)
        self._deadlines: dict[str, float] = {}
        self._pipe = select.poll()
        self._pipe.register(0, select.POLLHUP | select.POLLERR)

    def serve(self) -> str | None:
        """Serve until the director has finished (None) or is gone: then the reason, and everything is to be undone."""
        worker = threading.Thread(target=self._work, daemon=True)
        worker.start()
        reason = self._listen()
        if self._finished.is_set():
            return None
        self._closing.set()
        self._give_up.set()
        self._say({"over": reason})  # for a director that is not as dead as it seemed
        self._requests.put(None)
        worker.join(STEP_ENDS_WITHIN)
        if worker.is_alive():
            _replace_process(self._ledger, reason)
        return reason

    def _listen(self) -> str:
        """Take requests until there is a reason to stop; returns it."""
        buffer = b""
        while True:
            if self._finished.is_set():
                return "finished"
            self._expire()
            readable, _, _ = select.select([0], [], [], 0.1)
            silent = self._silence.look(heard=bool(readable))
            if readable:
                chunk = os.read(0, 65536)
                if not chunk:
                    return _GONE
                *lines, buffer = (buffer + chunk).split(b"\n")
                for line in lines:
                    self._take(json.loads(line))
            elif silent > self._lease:
                return f"the director has not renewed its lease for {self._lease:g} s"

    def _take(self, message: dict[str, Any]) -> None:
        if message["op"] == "renew":
            self._say({"id": 0})
            return
        if message["op"] == "finish":
            self._give_up.set()  # whatever is under way is to be undone anyway
        self._requests.put(message)

    def _expire(self) -> None:
        """Revert injections whose time was over a while ago, whatever the director thinks of it."""
        over = [entry for entry, deadline in list(self._deadlines.items()) if clock.monotonic() > deadline]
        for entry in over:
            self._deadlines.pop(entry, None)
            self._requests.put({"id": 0, "op": "expire", "entry": entry})

    def _work(self) -> None:
        while not self._closing.is_set():
            message = self._requests.get()
            if message is None or self._closing.is_set():
                return
            try:
                done = self._carry_out(message)
                self._say({"id": message["id"], "ok": True, "at": clock.monotonic(), **done})
            except Exception as error:  # noqa: BLE001 - a fault may be anybody's code; the director is told of it
                hint = error.hint if isinstance(error, TocsinError) else ""
                kind = type(error).__name__
                self._say({"id": message["id"], "ok": False, "error": kind, "message": describe(error), "hint": hint})
            if message["op"] == "finish":
                self._finished.set()
                return

    def _carry_out(self, message: dict[str, Any]) -> dict[str, Any]:
        entry = str(message.get("entry", ""))
        match message["op"]:
            case "apply":
                return self._apply(entry, message)
            case "expire":
                self._say({"progress": f"the time of {entry} is over: the guardian reverts it by itself"})
                return self._revert(entry)
            case "revert":
                return self._revert(entry)
            case "prolong":
                return self._prolong(entry, float(message["seconds"]))
            case "release":
                self._ledger.mark(entry, "verified", detail="left as it is, on request")
                return {}
            case "finish":
                undone = undo_all(self._ledger, self._handlers, self._progress)
                return {"verified": undone.verified, "residue": undone.residue}
        raise TocsinError(f"the guardian does not know the request {message['op']!r}")

    def _apply(self, entry: str, message: dict[str, Any]) -> dict[str, Any]:
        """Nothing is begun for a director that is gone; what it has asked for may still stand in the pipe."""
        self._check()
        with clock.interruptible(_once(self._check)):
            result = apply_entry(self._ledger, self._handlers, entry, message["kind"], message["record"])
        duration = float(message["record"].get("duration") or 0.0) if message["kind"] == "injection" else 0.0
        if duration > 0:
            self._deadlines[entry] = clock.monotonic() + duration + OVERTIME
        return {"result": result}

    def _revert(self, entry: str) -> dict[str, Any]:
        self._deadlines.pop(entry, None)
        found = next((one for one in self._ledger.entries() if one.id == entry), None)
        if found is None:
            raise TocsinError(f"the ledger has no entry {entry!r}")
        return {"residue": revert_entry(self._ledger, self._handlers, found)}

    def _prolong(self, entry: str, seconds: float) -> dict[str, Any]:
        """The drill's clock stands still: what is in place may stay so much longer before it counts as overdue."""
        deadline = self._deadlines.get(entry)
        if deadline is not None:
            self._deadlines[entry] = deadline + seconds
        return {"prolonged": deadline is not None}

    def _check(self) -> None:
        if self._give_up.is_set() or self._pipe.poll(0):
            raise _GivenUp("given up half-way: the run is to end")

    def _progress(self, text: str) -> None:
        self._say({"progress": text})

    def _say(self, message: dict[str, Any]) -> None:
        line = json.dumps(message).encode() + b"\n"
        with self._writing:
            try:
                os.write(1, line)
            except OSError:  # nobody listens any more; the lease will tell
                return


def _once(check: clock.Check) -> clock.Check:
    """A check that raises at most once: what then cleans up waits as long as it needs to."""
    raised = threading.Event()

    def checked() -> None:
        if not raised.is_set():
            try:
                check()
            except _GivenUp:
                raised.set()
                raise

    return checked


def _replace_process(ledger: Ledger, reason: str) -> None:
    """Become a fresh process that only undoes: no thread of this one survives, and no lock is let go of meanwhile."""
    words = ["--ledger", str(ledger.path), "--descriptor", str(ledger.hand_over()), "--undo", reason]
    os.execv(sys.executable, [sys.executable, "-m", "tocsin.guardian", *words])  # noqa: S606 - the same program


def main() -> int:
    """Start the guardian."""
    parser = argparse.ArgumentParser(prog="tocsin.guardian")
    parser.add_argument("--ledger", type=Path, required=True)
    parser.add_argument("--lease", type=float, default=3.0)
    parser.add_argument("--director", type=int, default=0, help="pid of the process that it serves")
    parser.add_argument("--descriptor", type=int, help="the ledger's, held by the process that this one replaces")
    parser.add_argument("--undo", default="", help="serve nobody, undo what is open; the reason why")
    arguments = parser.parse_args()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # it ends when the director does, not before
    ledger = Ledger(arguments.ledger, arguments.descriptor)
    reason = arguments.undo
    if not reason:
        announce(arguments.ledger, os.getpid(), arguments.director)
        reason = Guardian(ledger, arguments.lease).serve()
    if reason is None:
        return 0
    undone = undo_for_the_dead(ledger, handlers(lambda _: None), "guardian", reason, lambda _: None)
    return 5 if undone.residue else 0


if __name__ == "__main__":
    sys.exit(main())
