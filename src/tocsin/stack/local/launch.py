"""Starting one replica: placeholders, templates, prepared data, environment, cgroup, process."""

import hashlib
import json
import os
import pwd
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tocsin.errors import StackNotReady
from tocsin.stack.composefile import ComposeFile, LocalService, Prepare
from tocsin.stack.limits import scaled
from tocsin.stack.local import cgroup
from tocsin.stack.local.state import ReplicaState, StackState
from tocsin.stack.planned import workspace_secret, write_own
from tocsin.stack.ports import HOST
from tocsin.stack.process import identity, spawn
from tocsin.stack.programs import require_program

MARK = "TOCSIN_STACK"
"""Environment variable that every process of a stack carries; its value is the stack's instance."""

_PLACEHOLDER = re.compile(r"\{([a-z_]+)(?:\.([A-Za-z0-9_-]+))?\}")
_INTO_CGROUPS = 'while [ "$1" != -- ]; do echo $$ > "$1" || exit; shift; done; shift; exec "$@"'


@dataclass(frozen=True)
class Launcher:
    """Starts replicas of one local stack."""

    state: StackState
    compose: ComposeFile

    @property
    def folder(self) -> Path:
        """The stack's runtime folder."""
        return Path(self.state.folder)

    @property
    def files(self) -> Path:
        """The folder ``compose/<stack>``."""
        return Path(self.state.compose).parent

    def local(self, service: str) -> LocalService:
        """How the local backend runs a service."""
        extension = self.compose.services[service].extension
        if extension is None or extension.local is None:
            raise StackNotReady(f"{service} has no x-tocsin.local in {self.state.compose}")
        return extension.local

    def data(self, service: str, number: int) -> Path:
        """A replica's own data folder."""
        return self.folder / "data" / f"{service}-{number}"

    def log(self, service: str, number: int) -> Path:
        """A replica's log file."""
        return self.folder / "logs" / f"{service}-{number}.log"

    def start(self, service: str, number: int) -> ReplicaState:
        """Start one replica and return at once; readiness is seen separately."""
        local = self.local(service)
        data = self.data(service, number)
        data.mkdir(parents=True, exist_ok=True)
        for template in local.render:
            text = Path(self.fill(template.source, service, number)).read_text(encoding="utf-8")
            write_own(Path(self.fill(template.to, service, number)), self.fill(text, service, number, strict=False))
        command = [self.fill(word, service, number) for word in local.command]
        command[0] = str(require_program(command[0], self._tools))
        group = cgroup.make_group(f"{self.state.instance}/{service}-{number}")
        memory = self._memory_group(service, number)
        process = self._spawn(_within([group, memory], command), local.environment, service, number)
        who = identity(process.pid)
        if who is None:
            raise StackNotReady(f"{service}-{number} ended at once.\n{self.tail(service, number)}")
        return ReplicaState(
            service=service,
            number=number,
            pid=who.pid,
            started=who.started,
            boot=who.boot,
            ports=self.state.ports[f"{service}-{number}"],
            cgroup=str(group) if group else None,
            memory_cgroup=str(memory) if memory else None,
            memory_limit=self.compose.services[service].memory_limit,
        )

    def _memory_group(self, service: str, number: int) -> Path | None:
        limit = self.compose.services[service].memory_limit
        if limit is None or not self.local(service).memory:
            return None
        return cgroup.make_memory_group(f"{self.state.instance}/{service}-{number}", limit)

    def prepared(self, service: str, prepare: Prepare, cache: Path) -> Path:
        """Where the prepared data of a service is kept: one folder per key files, command, settings and seed."""
        changed = self.state.changes.settings.get(service, {})
        environment = prepare.environment | {name: changed[name] for name in prepare.environment.keys() & changed}
        digest = hashlib.sha256(json.dumps([prepare.command, environment, self.state.seed], sort_keys=True).encode())
        for name in sorted(prepare.key):
            for file in sorted(self.files.glob(name)):
                digest.update(file.read_bytes())
        return cache / f"{service}-{digest.hexdigest()[:16]}"

    def prepare(self, service: str, into: Path) -> subprocess.Popen[bytes]:
        """Begin to fill ``into``; the caller waits for the process."""
        step = self.local(service).prepare
        assert step is not None  # noqa: S101 - only called for services that have one
        command = [self.fill(word, service, 1, data=into) for word in step.command]
        command[0] = str(require_program(command[0], self._tools))
        return self._spawn(command, step.environment, service, 1, data=into)

    def copy_prepared(self, source: Path, service: str, number: int) -> None:
        """Give a replica its own copy of the prepared data."""
        target = self.data(service, number)
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(source, target)

    def tail(self, service: str, number: int, lines: int = 12) -> str:
        """The last lines of a replica's log."""
        path = self.log(service, number)
        text = path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""
        last = text.splitlines()[-lines:]
        return "\n".join(f"  {line}" for line in last) or "  (its log is empty)"

    def fill(self, text: str, service: str, number: int, *, data: Path | None = None, strict: bool = True) -> str:
        """Replace the placeholders of compose.yaml; unknown ones raise unless ``strict`` is off (templates)."""

        def value(match: re.Match[str]) -> str:
            found = self._value(match.group(1), match.group(2) or "", service, number)
            if match.group(1) == "data" and data is not None:
                return str(data)
            if found is None and strict:
                raise StackNotReady(f"{self.state.compose}: {service}: unknown placeholder {match.group(0)}")
            return match.group(0) if found is None else found

        return _PLACEHOLDER.sub(value, text)

    def _value(self, kind: str, name: str, service: str, number: int) -> str | None:
        ports = self.state.ports
        own = ports[f"{service}-{number}"]
        simple = {
            "data": str(self.data(service, number)),
            "number": str(number),
            "files": str(self.files),
            "run": str(self.folder),
            "state": str(self.folder / "state.json"),
            "seed": str(self.state.seed),
            "python": sys.executable,
            "user": _user(),
            "tocsin_load_port": str(self.state.load_port),
        }
        if not name:
            return simple.get(kind)
        if kind == "port":
            return str(own[name]) if name in own else None
        if kind in ("address", "host", "port_of") and f"{name}-1" in ports:
            port = str(ports[f"{name}-1"]["main"])
            return {"host": HOST, "port_of": port, "address": f"{HOST}:{port}"}[kind]
        if kind == "edge" and name in self.state.edges:
            return f"{HOST}:{self.state.edges[name]}"
        return self._own_value(kind, name, service)

    def _own_value(self, kind: str, name: str, service: str) -> str | None:
        """A secret of the workspace, or a setting of the service, for servers that take it on their command line."""
        if kind == "secret":
            return workspace_secret(self.folder.parent.parent / "secrets.json", name)
        own = self.local(service).environment | self.state.changes.settings.get(service, {})
        return own.get(name) if kind == "env" else None

    @property
    def _tools(self) -> Path | None:
        return Path(self.state.tools) if self.state.tools else None

    def _spawn(
        self, command: list[str], extra: dict[str, str], service: str, number: int, *, data: Path | None = None
    ) -> subprocess.Popen[bytes]:
        environment = {MARK: self.state.instance, "TOCSIN_SERVICE": f"{service}-{number}", "PYTHONUNBUFFERED": "1"}
        for name, text in (extra | self.state.changes.settings.get(service, {})).items():
            environment[name] = self.fill(text, service, number, data=data)
        log = self.log(service, number)
        log.parent.mkdir(parents=True, exist_ok=True)
        return spawn(command, environment=environment, log=log, folder=data or self.data(service, number))


def _within(groups: list[Path | None], command: list[str]) -> list[str]:
    """The command that moves itself into its cgroups before it becomes the program."""
    known = [str(group / "cgroup.procs") for group in groups if group is not None]
    return ["/bin/sh", "-c", _INTO_CGROUPS, "sh", *known, "--", *command] if known else command


def _user() -> str:
    """The name of who runs this, or the number where the machine has no name for it."""
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())


def scaled_limits(
    compose: ComposeFile, cores: int, changed: Mapping[str, float] | None = None
) -> tuple[dict[str, float | None], list[str]]:
    """CPU limits by service, scaled down when the plan asks for more cores than the host has; and what to say of it."""
    services = compose.local_services
    wanted = {name: one.cpu_limit for name, one in services.items() if one.limited_as_process and one.cpu_limit}
    return scaled(wanted, services, cores, changed)
