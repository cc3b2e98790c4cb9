"""The real load process, as the guardian would start it: for tests of what it does and what it tells."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tocsin import clock
from tocsin.loopback import request
from tocsin.stack.ports import free_port


@dataclass
class Load:
    """One load process and what it wrote."""

    profile: Path
    host: str
    options: dict[str, object]
    environment: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.folder = self.profile.parent / f"{self.profile.stem}-{free_port()}"
        self.folder.mkdir()
        self.port = free_port()

    @property
    def command(self) -> list[str]:
        """Its command line."""
        options = {
            "profile": self.profile, "host": self.host, "metrics-port": self.port, "duration": 60,
            "summary": self.folder / "load.json", "receipts": self.folder / "receipts.jsonl", **self.options,
        }  # fmt: skip
        return [sys.executable, "-m", "tocsin.load", *(str(word) for pair in options.items() for word in _pair(*pair))]

    def run(self) -> "subprocess.CompletedProcess[str]":
        """Run it to its end."""
        env = {**os.environ, **self.environment}
        return subprocess.run(self.command, capture_output=True, text=True, timeout=60, check=False, env=env)

    @contextmanager
    def running(self) -> Iterator["subprocess.Popen[str]"]:
        """The process, once its metrics are served; ended with the block, and by then it has written its summary."""
        env = {**os.environ, **self.environment}
        with subprocess.Popen(self.command, text=True, env=env) as process:
            try:
                assert clock.wait_until(
                    lambda: process.poll() is not None or "load_users" in self.metrics(), timeout=40
                )
                yield process
            finally:
                process.terminate()
                process.wait(timeout=30)

    def metrics(self) -> str:
        """What Prometheus would read; empty when nobody answers."""
        try:
            return request("GET", f"http://127.0.0.1:{self.port}/metrics", timeout=2).text
        except OSError:
            return ""

    def count(self, series: str) -> float:
        """The sum over one series."""
        return sum(float(line.split()[-1]) for line in self.metrics().splitlines() if line.startswith(f"{series}{{"))

    @property
    def summary(self) -> dict[str, Any]:
        """The summary that it wrote."""
        found: dict[str, Any] = json.loads((self.folder / "load.json").read_text(encoding="utf-8"))
        return found

    @property
    def receipts(self) -> list[dict[str, Any]]:
        """The receipts that it wrote."""
        return [json.loads(line) for line in (self.folder / "receipts.jsonl").read_text(encoding="utf-8").splitlines()]


def _pair(name: str, value: object) -> list[str]:
    return [f"--{name}", str(value)]
