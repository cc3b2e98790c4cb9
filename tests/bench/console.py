"""What the console costs: CPU, first screen, key to screen, and a long replay; in a real terminal of 160 by 45.

``python -m tests.bench.console`` starts ``tocsin console`` on a pseudo-terminal, plays the part of the director (a tape
of the shop's signals that grows by the second), types keys, and reads what comes back. Figures are for this machine.
"""

import fcntl
import json
import os
import pty
import re
import select
import signal
import sqlite3
import statistics
import struct
import sys
import tempfile
import termios
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.conftest import ROOT
from tests.make_example import EXAMPLES, unpack

from tocsin import clock
from tocsin.ledger.store import Ledger
from tocsin.tape.store import Sample, Tape, TapeReader

COLUMNS, ROWS = 160, 45
LIVE_SECONDS = 40.0
"""Seconds over which the live console is measured."""

LONG_MINUTES = 30
KEYS = 20
_ESCAPES = re.compile(rb"\x1b\[[0-9;?]*[a-zA-Z]|\x1b\][^\x07]*\x07|\x1b[=>()][A-Z0-9]?")
_CLOCK = re.compile(rb"\d\d:\d\d\.\d")


@dataclass
class Terminal:
    """A program on a pseudo-terminal."""

    pid: int
    handle: int
    text: bytes = b""
    seen: list[tuple[float, bytes]] = field(default_factory=list)

    @classmethod
    def start(cls, words: list[str], folder: Path) -> "Terminal":
        pid, handle = pty.fork()
        if pid == 0:
            os.chdir(folder)
            environment = os.environ | {"TERM": "xterm-256color", "COLUMNS": str(COLUMNS), "LINES": str(ROWS)}
            environment.pop("COLORTERM", None)
            program = "from tocsin.cli import main; main()"
            os.execve(sys.executable, [sys.executable, "-c", program, *words], environment)  # noqa: S606
        fcntl.ioctl(handle, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        return cls(pid, handle)

    def read(self, seconds: float) -> bytes:
        """What comes within ``seconds``, without escape sequences; returns with the first of it."""
        if not select.select([self.handle], [], [], seconds)[0]:
            return b""
        try:
            got = _ESCAPES.sub(b"", os.read(self.handle, 1 << 20))
        except OSError:  # the program has ended
            return b""
        self.text += got
        self.seen.append((clock.monotonic(), got))
        return got

    def wait_for(self, what: bytes, timeout: float = 30.0) -> float:
        """Seconds until ``what`` comes."""
        start, self.text = clock.monotonic(), b""
        while what not in self.text:
            if clock.monotonic() - start > timeout:
                raise SystemExit(f"never came: {what!r}; the last of what did: {self.text[-400:]!r}")
            self.read(0.2)
        return clock.monotonic() - start

    def type(self, keys: bytes) -> None:
        os.write(self.handle, keys)

    def cpu(self) -> float:
        """CPU seconds that it has used so far."""
        fields = Path(f"/proc/{self.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def end(self) -> None:
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.handle)


@dataclass
class Source:
    """A real tape, to be played again and again without end."""

    reader: TapeReader
    rows: dict[int, list[Sample]]
    gain: dict[tuple[str, str, str], float]
    length: int

    @classmethod
    def of(cls, path: Path) -> "Source":
        reader = TapeReader.open(path)
        rows: dict[int, list[Sample]] = {}
        first: dict[tuple[str, str, str], float] = {}
        gain: dict[tuple[str, str, str], float] = {}
        length = int(reader.last_t) + 1
        for row in reader.samples():
            rows.setdefault(int(row.t), []).append(row)
            key = _key(row)
            first.setdefault(key, row.value)
            gain[key] = row.value - first[key] if _is_counter(reader, row.signal) else 0.0
        return cls(reader, rows, gain, length)

    def second(self, at: int) -> Iterator[Sample]:
        """The samples of a second of a run without end."""
        turn, within = divmod(at, self.length)
        for row in self.rows.get(within, []):
            yield row._replace(t=row.t + turn * self.length, value=row.value + turn * self.gain[_key(row)])


def _key(row: Sample) -> tuple[str, str, str]:
    return row.signal, row.entity, json.dumps(dict(row.labels), sort_keys=True)


def _is_counter(reader: TapeReader, part: str) -> bool:
    signal_ = reader.meta.signals.get(part.partition(":")[0])
    return signal_ is not None and signal_.gauge is None


def _home() -> dict[str, float]:
    """The first screen of ``tocsin console``, with the drills of this workspace in it."""
    times = []
    for _ in range(5):
        terminal = Terminal.start(["console"], ROOT)
        times.append(terminal.wait_for(b"kafka/coupon-consumer-pause"))
        terminal.end()
    return {"drills listed, median s": statistics.median(times), "drills listed, longest s": max(times)}


def _live(source: Source, workspace: Path) -> dict[str, float]:
    """A run that goes on: the console's CPU at ten updates a second, and how long a key takes."""
    folder = workspace / ".tocsin" / "runs" / "20260101-000000-live"
    begun = 600
    meta = source.reader.meta.model_copy(update={"run": folder.name, "started": clock.wall() - begun})
    ledger = Ledger(folder / "ledger.jsonl")
    with Tape.create(folder / "tape.db", meta) as tape:
        events = [event for event in source.reader.events() if event.data.kind != "verdict"]
        for event in events:
            tape.append(event.t, event.wall, event.data)
        for second in range(begun):
            tape.samples(source.second(second))
        started = clock.monotonic()
        terminal = Terminal.start(["console", folder.name], workspace)
        opened = terminal.wait_for(b"opening")
        shown = opened + terminal.wait_for(b"rate")
        written = begun
        while clock.monotonic() - started < 6:
            terminal.read(0.1)
        cpu, since, frames = terminal.cpu(), clock.monotonic(), len(terminal.seen)
        latencies: list[float] = []
        while (passed := clock.monotonic() - since) < LIVE_SECONDS:
            while meta.started + written < clock.wall():
                tape.samples(source.second(written))
                tape.append(float(written), clock.wall(), events[written % 20].data)
                tape.log_lines(float(written), [("app-1", f"line {written}"), ("mysql-1", "another line")])
                written += 1
            terminal.read(0.05)
            if len(latencies) < KEYS and passed > 1.5 * len(latencies) + 1.5 and passed < LIVE_SECONDS - 5:
                latencies.append(_key_to_screen(terminal, len(latencies)))
        used, took = terminal.cpu() - cpu, clock.monotonic() - since
        updates = _updates(terminal, frames)
        terminal.end()
    ledger.close()
    return {
        "first screen, s": opened, "panels with data, s": shown, "CPU of a core": used / took,
        "updates per second": updates / took, "key to screen, median ms": 1000 * statistics.median(latencies),
        "key to screen, longest ms": 1000 * max(latencies), "series": float(len(source.gain)),
        "signals": float(len(meta.signals)),
    }  # fmt: skip


def _key_to_screen(terminal: Terminal, number: int) -> float:
    """Seconds from a key to what it shows: the log of the next service."""
    names = [b"logs of app-1", b"logs of mysql-1", b"logs of every service"]
    terminal.type(b"l")
    return terminal.wait_for(names[number % 3], 5.0)


def _updates(terminal: Terminal, since: int) -> int:
    """How often the clock on the screen was drawn anew."""
    return sum(len(set(_CLOCK.findall(got))) > 0 for _, got in terminal.seen[since:])


def _replay(source: Source, workspace: Path) -> dict[str, float]:
    """Half an hour at sixty times: how long it takes, and what it costs."""
    folder = workspace / ".tocsin" / "runs" / "20260101-000000-long"
    meta = source.reader.meta.model_copy(update={"run": folder.name})
    length = LONG_MINUTES * 60
    with Tape.create(folder / "tape.db", meta) as tape:
        events = [event for event in source.reader.events() if event.data.kind != "verdict"]
        for turn in range(length // source.length + 1):
            for event in events:
                tape.append(event.t + turn * source.length, event.wall, event.data)
                length = max(length, int(event.t + turn * source.length) + 1)
        for second in range(length):
            tape.samples(source.second(second))
        tape.append(float(length), meta.started + length, source.reader.events()[-1].data)
    samples = sqlite3.connect(folder / "tape.db").execute("SELECT count(*) FROM samples").fetchone()[0]
    terminal = Terminal.start(["console", folder.name, "--speed", "60"], workspace)
    opened = terminal.wait_for(b"opening")
    shown = opened + terminal.wait_for(b"60x")
    cpu, frames = terminal.cpu(), len(terminal.seen)
    took = terminal.wait_for(b"paused", 120.0)
    used, updates = terminal.cpu() - cpu, _updates(terminal, frames)
    terminal.end()
    return {
        "samples": float(samples), "first screen, s": opened, "tape read and drawn, s": shown,
        "time for it, s": took, "time it should take, s": length / 60, "CPU of a core": used / took,
        "updates per second": updates / took,
    }  # fmt: skip


def main() -> None:
    """Measure, and print."""
    with tempfile.TemporaryDirectory() as scratch:
        workspace = Path(scratch)
        (workspace / "tocsin.toml").write_text("[workspace]\n", encoding="utf-8")
        example = min(EXAMPLES.glob("*/tape.db.xz")).parent
        source = Source.of(unpack(example, workspace / "source"))
        parts = {
            "home": _home(),
            "live": _live(source, workspace),
            f"replay of {LONG_MINUTES} min at 60x": _replay(source, workspace),
        }
        for name, figures in parts.items():
            sys.stdout.write(f"{name}\n")
            for what, value in figures.items():
                sys.stdout.write(f"  {what:<28} {value:10.3f}\n")


if __name__ == "__main__":
    main()
