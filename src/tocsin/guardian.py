"""The guardian: the only process that applies and reverts, and that reverts when the director dies.

Runs as ``python -m tocsin.guardian --ledger PATH``, talks JSON lines over its standard input and output. The director
renews a lease; when the lease runs out or the pipe closes, the guardian takes no more requests, undoes every open
entry of the ledger in reverse order, reads back each result, writes what it did to its journal and exits.
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
from tocsin.errors import TocsinError
from tocsin.handlers import handlers
from tocsin.ledger.store import Ledger
from tocsin.ledger.undo import apply_entry, revert_entry, undo_all
from tocsin.model.event import AbortRequested, Note, ResidueFound, Reverted, VerdictReached
from tocsin.tape.journal import JOURNAL, Journal

_STEP_TIMEOUT = 120.0
OVERTIME = 10.0
"""Seconds beyond its planned length after which the guardian ends an injection by itself."""
_EXPECTED = (TocsinError, OSError, ValueError, LookupError, RuntimeError)


class _Closing(TocsinError):  # noqa: N818 - a state, not a fault
    """Raised inside a step that is still under way when the director is gone."""


class Guardian:
    """Serves one director over one ledger."""

    def __init__(self, ledger: Ledger, lease: float) -> None:
        self._ledger = ledger
        self._lease = lease
        self._heard = clock.monotonic()
        self._requests: queue.Queue[dict[str, Any] | None] = queue.Queue()
        self._closing = threading.Event()
        self._finished = threading.Event()
        self._writing = threading.Lock()
        self._handlers = handlers(self._progress)
        self._deadlines: dict[str, float] = {}

    def serve(self) -> int:
        """Serve until the director has finished or is gone; returns the exit code."""
        worker = threading.Thread(target=self._work, daemon=True)
        worker.start()
        reason = self._listen()
        if self._finished.is_set():
            return 0
        self._closing.set()
        self._requests.put(None)
        worker.join(_STEP_TIMEOUT)
        return self._undo_for(reason)

    def _listen(self) -> str:
        """Take requests until there is a reason to stop; returns it."""
        buffer = b""
        while True:
            if self._finished.is_set():
                return "finished"
            self._expire()
            readable, _, _ = select.select([0], [], [], 0.1)
            if readable:
                chunk = os.read(0, 65536)
                if not chunk:
                    return "the director is gone (its pipe closed)"
                self._heard = clock.monotonic()
                *lines, buffer = (buffer + chunk).split(b"\n")
                for line in lines:
                    self._requests_put(json.loads(line))
            elif clock.monotonic() - self._heard > self._lease:
                return f"the director has not renewed its lease for {self._lease:g} s"

    def _expire(self) -> None:
        """Revert injections whose time was over a while ago, whatever the director thinks of it."""
        over = [entry for entry, deadline in list(self._deadlines.items()) if clock.monotonic() > deadline]
        for entry in over:
            del self._deadlines[entry]
            self._requests.put({"id": 0, "op": "expire", "entry": entry})

    def _requests_put(self, message: dict[str, Any]) -> None:
        if message["op"] == "renew":
            self._say({"id": 0})
        else:
            self._requests.put(message)

    def _work(self) -> None:
        while not self._closing.is_set():
            message = self._requests.get()
            if message is None:
                return
            try:
                done = self._carry_out(message)
                self._say({"id": message["id"], "ok": True, "at": clock.monotonic(), **done})
            except _EXPECTED as error:
                hint = error.hint if isinstance(error, TocsinError) else ""
                text = error.message if isinstance(error, TocsinError) else f"{type(error).__name__}: {error}"
                kind = type(error).__name__
                self._say({"id": message["id"], "ok": False, "error": kind, "message": text, "hint": hint})
            if message["op"] == "finish":
                self._finished.set()
                return

    def _carry_out(self, message: dict[str, Any]) -> dict[str, Any]:
        if message["op"] == "apply":
            result = apply_entry(self._ledger, self._handlers, message["entry"], message["kind"], message["record"])
            duration = float(message["record"].get("duration") or 0.0) if message["kind"] == "injection" else 0.0
            if duration > 0:
                self._deadlines[message["entry"]] = clock.monotonic() + duration + OVERTIME
            return {"result": result}
        if message["op"] == "expire":
            self._say({"progress": f"the time of {message['entry']} is over: the guardian reverts it by itself"})
            return self._carry_out({"op": "revert", "entry": message["entry"]})
        if message["op"] == "revert":
            entry = next(e for e in self._ledger.entries() if e.id == message["entry"])
            return {"residue": revert_entry(self._ledger, self._handlers, entry)}
        if message["op"] == "release":
            self._ledger.mark(message["entry"], "verified", detail="left as it is, on request")
            return {}
        if message["op"] == "finish":
            undone = undo_all(self._ledger, self._handlers, self._progress)
            return {"verified": undone.verified, "residue": undone.residue}
        raise TocsinError(f"the guardian does not know the request {message['op']!r}")

    def _undo_for(self, reason: str) -> int:
        """The director is gone: undo everything and leave a journal."""
        journal = Journal(self._ledger.path.with_name(JOURNAL))
        journal.record(AbortRequested(by="guardian", reason=reason))
        undone = undo_all(self._ledger, self._handlers, lambda text: journal.record(Note(text=text)))
        for entry in self._ledger.entries():
            if entry.kind == "injection" and entry.id in undone.verified:
                journal.record(Reverted(injection=entry.id))
        journal.record(ResidueFound(residue=undone.residue))
        left = [f"left behind: {line}" for line in undone.residue]
        journal.record(VerdictReached(verdict="unclean" if left else "aborted", reasons=left or [reason]))
        return 5 if undone.residue else 0

    def _progress(self, text: str) -> None:
        if self._closing.is_set() and threading.current_thread() is not threading.main_thread():
            raise _Closing("the director is gone")
        self._say({"progress": text})

    def _say(self, message: dict[str, Any]) -> None:
        line = json.dumps(message).encode() + b"\n"
        with self._writing:
            try:
                os.write(1, line)
            except OSError:  # nobody listens any more; the lease will tell
                return


def main() -> int:
    """Start the guardian."""
    parser = argparse.ArgumentParser(prog="tocsin.guardian")
    parser.add_argument("--ledger", type=Path, required=True)
    parser.add_argument("--lease", type=float, default=3.0)
    arguments = parser.parse_args()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # it ends when the director does, not before
    return Guardian(Ledger(arguments.ledger), arguments.lease).serve()


if __name__ == "__main__":
    sys.exit(main())
