"""The director's end of the pipe to the guardian: requests, lease, and what to do when nobody answers."""

import json
import os
import select
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tocsin import clock
from tocsin.errors import Aborted, BadInput, StackNotReady, TocsinError, UndoFailed
from tocsin.ledger.entry import Kind

LEASE = 3.0
"""Seconds without a sign of life after which the director counts as dead."""

_RENEW_EVERY = 0.5
_SILENT_TOO_LONG = 10.0
_ERRORS = {kind.__name__: kind for kind in (BadInput, StackNotReady, Aborted, UndoFailed, TocsinError)}


class GuardianLost(TocsinError):  # noqa: N818 - says what happened
    """The guardian died or froze; it has been killed for certain, and the asker must undo from the ledger."""


class GuardianClient:
    """Asks the guardian to apply and revert, and renews its lease; never blocks for longer than it is told to."""

    def __init__(self, ledger: Path, log: Path, on_progress: Callable[[str], None]) -> None:
        self._on_progress = on_progress
        self._answers: dict[int, dict[str, Any]] = {}
        self._number = 0
        self._buffer = b""
        with log.open("ab") as errors:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tocsin.guardian", "--ledger", str(ledger), "--lease", str(LEASE)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                start_new_session=True,
            )
        self._renewed = 0.0
        self._heard = clock.monotonic()

    @property
    def pid(self) -> int:
        """The guardian's process id."""
        return self._process.pid

    def submit(self, operation: str, **fields: Any) -> int:
        """Send a request and return its number at once."""
        self._number += 1
        self._send({"id": self._number, "op": operation, **fields})
        return self._number

    def apply(self, entry: str, kind: Kind, record: dict[str, Any]) -> int:
        """Ask for an entry to be written and applied."""
        return self.submit("apply", entry=entry, kind=kind, record=record)

    def revert(self, entry: str) -> int:
        """Ask for an entry to be reverted and read back."""
        return self.submit("revert", entry=entry)

    def pump(self, wait: float = 0.0) -> None:
        """Renew the lease, and take in what the guardian has said, waiting at most ``wait`` seconds for it.

        Raises:
            GuardianLost: when it ended or fell silent.
        """
        now = clock.monotonic()
        if now - self._renewed >= _RENEW_EVERY:
            self._renewed = now
            self._send({"id": 0, "op": "renew"})
        assert self._process.stdout is not None  # noqa: S101 - opened as a pipe above
        descriptor = self._process.stdout.fileno()
        readable, _, _ = select.select([descriptor], [], [], wait)
        if readable:
            chunk = os.read(descriptor, 65536)
            if not chunk:
                self._lose("ended")
            self._heard = clock.monotonic()
            self._take(chunk)
        elif clock.monotonic() - self._heard > _SILENT_TOO_LONG:
            self._lose(f"has not answered for {_SILENT_TOO_LONG:g} s")

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
                self._lose(f"did not finish a request within {timeout:g} s")
            if interrupted is not None:
                interrupted()
            self.pump(wait=0.1)

    def close(self, timeout: float = 10.0) -> None:
        """Let the guardian go; closing the pipe makes it undo whatever is still open."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """End the guardian for certain."""
        self._process.kill()
        self._process.wait()

    def _send(self, message: dict[str, Any]) -> None:
        assert self._process.stdin is not None  # noqa: S101 - opened as a pipe above
        try:
            self._process.stdin.write(json.dumps(message).encode() + b"\n")
            self._process.stdin.flush()
        except (BrokenPipeError, ValueError):
            self._lose("ended")

    def _take(self, chunk: bytes) -> None:
        *lines, self._buffer = (self._buffer + chunk).split(b"\n")
        for line in lines:
            message = json.loads(line)
            if "progress" in message:
                self._on_progress(message["progress"])
            elif message.get("id"):
                self._answers[message["id"]] = message

    def _lose(self, what: str) -> None:
        self.kill()
        raise GuardianLost(f"the guardian (pid {self._process.pid}) {what}")
