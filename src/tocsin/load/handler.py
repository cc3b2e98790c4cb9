"""How the guardian starts and stops the load process, and what it left written."""

import json
import socket
import sys
from pathlib import Path
from typing import Any

from tocsin import clock
from tocsin.errors import BadInput, TocsinError
from tocsin.model.base import Strict
from tocsin.model.event import LoadSummary
from tocsin.stack.process import ProcessId, marked, spawn, terminate, words_of

MARK = "TOCSIN_LOAD"
SUMMARY = "load.json"
RECEIPTS = "receipts.jsonl"
LOG = "load.log"

_JOIN_WITHIN = 20.0
"""Seconds that workers get to join."""
_READY_WITHIN = 30.0
_GRACE = 12.0
"""Seconds that the load gets to hear its last answers and to write its summary."""
_WORKER_GRACE = 2.0
"""Seconds that a worker gets which has outlived its master."""


LOOPBACK = "127.0.0.1"


class LoadStart(Strict):
    """The record of a load process: everything its command line says; ``duration`` bounds it whatever happens."""

    profile: Path
    host: str
    metrics_port: int
    seed: int
    scale: float
    compress: float
    duration: float
    folder: Path
    run: str
    phases: tuple[str, ...] = ()
    arrivals: str = "poisson"
    max_in_flight: int = 5000
    workers: int = 1
    remote: int = 0
    metrics_host: str = LOOPBACK

    @property
    def command(self) -> list[str]:
        """The command line of the load process."""
        options = {
            "profile": self.profile,
            "host": self.host,
            "metrics-port": self.metrics_port,
            "metrics-host": self.metrics_host,
            "seed": self.seed,
            "scale": self.scale,
            "compress": self.compress,
            "duration": self.duration,
            "phases": ",".join(self.phases),
            "arrivals": self.arrivals,
            "max-in-flight": self.max_in_flight,
            "workers": self.workers,
            "remote": self.remote,
            "join-within": _JOIN_WITHIN,
            "summary": self.folder / SUMMARY,
            "receipts": self.folder / RECEIPTS,
        }
        words = [sys.executable, "-m", "tocsin.load"]
        for name, value in options.items():
            words += [f"--{name}", str(value)]
        return words


class LoadHandler:
    """Starts a load process and stops it."""

    def apply(self, record: dict[str, Any]) -> dict[str, Any]:
        """Start the load and wait until its metrics are served."""
        start = LoadStart.model_validate(record)
        process = spawn(start.command, environment={MARK: start.run}, log=start.folder / LOG)

        def ready_or_over() -> bool:
            return process.poll() is not None or _listens(start.metrics_host, start.metrics_port)

        clock.wait_until(ready_or_over, timeout=_READY_WITHIN)
        if process.poll() is not None or not _listens(start.metrics_host, start.metrics_port):
            last = "\n".join((start.folder / LOG).read_text(encoding="utf-8", errors="replace").splitlines()[-8:])
            kind = BadInput if process.poll() == BadInput.exit_code else TocsinError
            raise kind(f"the load process did not start:\n{last}")
        return {"pid": process.pid}

    def revert(self, record: dict[str, Any]) -> None:
        """Stop the load; it writes its summary before it ends."""
        start = LoadStart.model_validate(record)
        for process in sorted(marked(MARK, start.run), key=_is_worker):  # the master first: it ends its workers
            terminate(process, _WORKER_GRACE if _is_worker(process) else _GRACE)

    def residue(self, record: dict[str, Any]) -> list[str]:
        """Load processes that are still there."""
        start = LoadStart.model_validate(record)
        return [f"load process {process.pid} still runs" for process in marked(MARK, start.run)]

    def by_hand(self, record: dict[str, Any]) -> list[str]:
        """Kill the load processes that are still there."""
        start = LoadStart.model_validate(record)
        return [f"kill -9 {process.pid}" for process in marked(MARK, start.run)]


def load_summary(folder: Path) -> LoadSummary | None:
    """What the load process counted over its life; None when it wrote nothing."""
    path = folder / SUMMARY
    if not path.exists():
        return None
    return LoadSummary.model_validate(json.loads(path.read_text(encoding="utf-8")))


def _is_worker(process: ProcessId) -> bool:
    return "--worker" in words_of(process)


def _listens(host: str, port: int) -> bool:
    try:
        with socket.create_connection((host, port), timeout=0.5):
            return True
    except OSError:
        return False
