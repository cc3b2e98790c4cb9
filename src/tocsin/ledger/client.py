"""The director's end of the pipe to the guardian: requests, lease, and what to do when nobody answers."""

import contextlib
import json
import os
import select
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tocsin import clock
from tocsin.errors import Aborted, BadInput, StackNotReady, TocsinError, UndoFailed
from tocsin.ledger.entry import Kind

LEASE = 3.0
"""Seconds without a sign of life after which the director counts as dead."""
HANGS = 10.0
"""Seconds in one call after which the director counts as hanging: its lease is not renewed any more."""

_RENEW_EVERY = 0.5
_SILENT_TOO_LONG = 10.0
_LEAVE_TO_IT = 60.0
_ERRORS = {kind.__name__: kind for kind in (BadInput, StackNotReady, Aborted, UndoFailed, TocsinError)}


class GuardianLost(TocsinError):  # noqa: N818 - says what happened
    """The guardian is gone for certain; the asker must undo from the ledger whatever is still open."""


class GuardianClient:
    """Asks the guardian to apply and revert; never blocks for longer than it is told to.

    A thread of its own renews the lease, as long as the director has called anything here within ``HANGS`` seconds.
    """

    def __init__(
        self, ledger: Path, log: Path, on_progress: Callable[[str], None], *, inherit: tuple[int, ...] = ()
    ) -> None:
        """``inherit``: open files that the guardian keeps open as long as it lives (the lock of the stack)."""
        self._on_progress = on_progress
        self._answers: dict[int, dict[str, Any]] = {}
        self._number = 0
        self._buffer = b""
        command = [sys.executable, "-m", "tocsin.guardian", "--ledger", str(ledger), "--lease", str(LEASE)]
        with log.open("ab") as errors:
            self._process = subprocess.Popen(
                [*command, "--director", str(os.getpid())],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                start_new_session=True,
                pass_fds=inherit,
                bufsize=0,
            )
        self._alive = threading.Event()
        self._silence = clock.Silence()
        self._writing = threading.Lock()
        self._over = threading.Event()
        self._taken_over = ""
        threading.Thread(target=self._renew, daemon=True, name="lease").start()

    @property
    def pid(self) -> int:
        """The guardian's process id."""
        return self._process.pid

    def submit(self, operation: str, **fields: Any) -> int:
        """Send a request and return its number at once.

        Raises:
            GuardianLost: when there is nobody to ask.
        """
        self._alive.set()
        self._number += 1
        if not self._send({"id": self._number, "op": operation, **fields}):
            self.lose("ended")
        return self._number

    def apply(self, entry: str, kind: Kind, record: dict[str, Any]) -> int:
        """Ask for an entry to be written and applied."""
        return self.submit("apply", entry=entry, kind=kind, record=record)

    def revert(self, entry: str) -> int:
        """Ask for an entry to be reverted and read back."""
        return self.submit("revert", entry=entry)

    def prolong(self, entry: str, seconds: float) -> int:
        """Ask for an injection to be left in place for longer than its record says; nobody waits for the answer."""
        return self.submit("prolong", entry=entry, seconds=seconds)

    def pump(self, wait: float = 0.0) -> None:
        """Show life, and take in what the guardian has said, waiting at most ``wait`` seconds for it.

        Raises:
            GuardianLost: when it ended or fell silent, or has taken over while this process did not run.
        """
        self._alive.set()
        if self._taken_over:
            self._leave_to_it()
        assert self._process.stdout is not None  # noqa: S101 - opened as a pipe above
        descriptor = self._process.stdout.fileno()
        readable, _, _ = select.select([descriptor], [], [], wait)
        if readable:
            chunk = os.read(descriptor, 65536)
            if not chunk:
                self.lose("ended")
            self._take(chunk)
        if self._silence.look(heard=bool(readable)) > _SILENT_TOO_LONG:
            self.lose(f"has not answered for {_SILENT_TOO_LONG:g} s")

    def answer(self, number: int) -> dict[str, Any] | None:
        """The answer to a request, once it is there.

        Raises:
            TocsinError: what the guardian met with, as the same kind of error.
        """
        found = self._answers.pop(number, None)
        if found is not None and not found["ok"]:
            kind = _ERRORS.get(found.get("error", ""), TocsinError)
            raise kind(found.get("message", "the guardian failed"), hint=found.get("hint", ""))
        return found

    def wait(self, number: int, *, timeout: float, interrupted: Callable[[], None] | None = None) -> dict[str, Any]:
        """Wait for an answer, keeping the lease; ``interrupted`` may raise to give up."""
        deadline = clock.monotonic() + timeout
        while True:
            found = self.answer(number)
            if found is not None:
                return found
            if clock.monotonic() > deadline:
                self.lose(f"did not finish a request within {timeout:g} s")
            if interrupted is not None:
                interrupted()
            self.pump(wait=0.1)

    def lose(self, what: str) -> None:
        """Give the guardian up: end it for certain.

        Raises:
            GuardianLost: always.
        """
        self.kill()
        raise GuardianLost(f"the guardian (pid {self._process.pid}) {what}")

    def close(self, timeout: float = 10.0) -> None:
        """Let the guardian go; closing the pipe makes it undo whatever is still open."""
        self._let_go()
        try:
            self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """End the guardian for certain."""
        self._over.set()
        self._process.kill()
        self._process.wait()

    def _renew(self) -> None:
        """Renew the lease until everything is over, or the director has hung in one call for too long."""
        hanging = clock.Silence()
        while not self._over.wait(_RENEW_EVERY):
            alive = self._alive.is_set()
            self._alive.clear()
            if hanging.look(heard=alive) > HANGS or not self._send({"id": 0, "op": "renew"}):
                return

    def _leave_to_it(self) -> None:
        """The lease has run out, so the guardian is undoing: it is left to finish."""
        self._let_go()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_LEAVE_TO_IT)
        self.lose(f"has taken over: {self._taken_over}")

    def _let_go(self) -> None:
        self._over.set()
        with self._writing, contextlib.suppress(OSError):
            if self._process.stdin is not None:
                self._process.stdin.close()

    def _send(self, message: dict[str, Any]) -> bool:
        assert self._process.stdin is not None  # noqa: S101 - opened as a pipe above
        try:
            with self._writing:
                self._process.stdin.write(json.dumps(message).encode() + b"\n")
        except (OSError, ValueError):
            return False
        return True

    def _take(self, chunk: bytes) -> None:
        *lines, self._buffer = (self._buffer + chunk).split(b"\n")
        for line in lines:
            message = json.loads(line)
            if "over" in message:
                self._taken_over = message["over"]
            elif "progress" in message:
                self._on_progress(message["progress"])
            elif message.get("id"):
                self._answers[message["id"]] = message
