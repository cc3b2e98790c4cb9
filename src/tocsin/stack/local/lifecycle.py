"""A local stack's life: up, down, and what is left of one that died."""

import shutil
import uuid
from dataclasses import dataclass
from pathlib import Path

from tocsin import clock
from tocsin.errors import TocsinError
from tocsin.stack.composefile import ComposeFile, read_compose_file
from tocsin.stack.local import cgroup
from tocsin.stack.local.backend import LocalStack
from tocsin.stack.local.launch import MARK, Launcher, scaled_limits
from tocsin.stack.local.ports import free_ports
from tocsin.stack.local.session import session_members
from tocsin.stack.local.startup import Progress, Startup, save
from tocsin.stack.local.state import StackState, read_state
from tocsin.stack.local.targets import write_targets
from tocsin.stack.process import ProcessId, is_same, marked, terminate
from tocsin.stack.programs import require_program


@dataclass(frozen=True)
class Places:
    """Where a stack's files are: compose file, runtime folder, cache of prepared data, fetched tools."""

    compose: Path
    folder: Path
    cache: Path
    tools: Path | None

    @property
    def state_file(self) -> Path:
        """The state file of the running stack."""
        return self.folder / "state.json"


def running(places: Places) -> LocalStack | None:
    """The stack that runs there now, or None; one that was never finished counts as not running."""
    state = read_state(places.state_file)
    if state is None or not state.ready or not any(marked(MARK, state.instance)):
        return None
    return LocalStack(places.state_file, read_compose_file(places.compose))


def up(places: Places, *, seed: int, progress: Progress, scale: dict[str, int] | None = None) -> LocalStack:
    """Start every service and return when all are ready; on failure everything is stopped again.

    The logs of the start before are kept in ``logs/previous``.

    Raises:
        BadInput: when a program is missing (nothing was started).
        StackNotReady: naming the service that did not become ready, with its last log lines.
    """
    compose = check_programs(places)
    down(places)
    _clear(places.folder)
    launcher = Launcher(_plan(places, compose, seed, scale or {}), compose)
    save(launcher)
    try:
        _start_all(places, launcher, progress, scale or {})
    except BaseException:
        down(places, keep_logs=True)
        raise
    return LocalStack(places.state_file, compose)


def _clear(folder: Path) -> None:
    """Empty a stack's folder but for the logs of the last start, which go to ``logs/previous``."""
    logs = folder / "logs"
    previous = logs / "previous"
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.iterdir():
        if path.is_dir() and path != logs:
            shutil.rmtree(path, ignore_errors=True)
        elif path != logs:
            path.unlink()
    kept = sorted(logs.glob("*.log"))
    if kept:
        shutil.rmtree(previous, ignore_errors=True)
        previous.mkdir()
    for path in kept:
        path.rename(previous / path.name)


def check_programs(places: Places) -> ComposeFile:
    """The stack's compose file, once every program that it starts was found.

    Raises:
        MissingProgram: naming the first that is not there; nothing was started.
    """
    compose = read_compose_file(places.compose)
    for service in compose.local_services.values():
        if service.extension and service.extension.local:
            require_program(service.extension.local.program, places.tools)
    return compose


def _start_all(places: Places, launcher: Launcher, progress: Progress, scale: dict[str, int]) -> None:
    def changed() -> None:
        save(launcher)
        write_targets(launcher.state, launcher.compose)

    changed()
    counts = {name: _count(launcher.compose, name, scale) for name in launcher.compose.local_services}
    Startup(launcher, places.cache, progress, counts, changed).run()
    stack = LocalStack(places.state_file, launcher.compose)
    if "rebuild" in launcher.compose.extension.hooks:
        since = clock.monotonic()
        _warm(stack)
        progress(f"caches warmed in {clock.monotonic() - since:.1f} s")
    limits, notes = scaled_limits(launcher.compose, cgroup.host_cores())
    for service, cores in limits.items():
        if cores is not None:
            stack.set_cpu_limit(service, cores)
    launcher.state.cpu_limits = limits
    launcher.state.planned_limits = {service: stack.cpu_limit(service) for service in limits}
    without = sorted({r.service for r in launcher.state.replicas if r.cgroup is None and limits.get(r.service)})
    if without:
        notes.append(f"cgroups are not writable here: CPU limits of {', '.join(without)} by stop-and-continue cycles")
    launcher.state.notes = notes
    launcher.state.ready = True
    save(launcher)
    for note in notes:
        progress(note)


def _warm(stack: LocalStack) -> None:
    """Call the rebuild hook; an application that is just warming its caches by itself may refuse at first."""
    deadline = clock.monotonic() + 15.0
    while True:
        try:
            stack.call_hook("rebuild")
        except TocsinError:
            if clock.monotonic() > deadline:
                raise
            clock.pause(0.1)
        else:
            return


def down(places: Places, *, keep_logs: bool = True) -> int:
    """End every process that the stack ever started and remove its data; returns how many there were.

    Raises:
        TocsinError: when a process cannot be ended.
    """
    state = read_state(places.state_file)
    if state is None:
        return 0
    found = _processes(state)
    survivors = [process.pid for process in found if not terminate(process, 0.0)]
    survivors += [p.pid for p in _processes(state) if not terminate(p, 0.0)]
    if survivors:
        raise TocsinError(f"processes {survivors} of the stack {state.stack} could not be ended")
    _remove_groups(state)
    shutil.rmtree(places.folder / "data", ignore_errors=True)
    if not keep_logs:
        shutil.rmtree(places.folder, ignore_errors=True)
    places.state_file.unlink(missing_ok=True)
    return len(found)


def leftovers(places: Places) -> list[str]:
    """What of a stack is still there though it should not be: processes and cgroups, one line each."""
    state = read_state(places.state_file)
    if state is None:
        return []
    return [f"process {process.pid} of the stack {state.stack}" for process in _processes(state)]


def _processes(state: StackState) -> list[ProcessId]:
    """Every living process of a stack: by its mark, and by session (some programs overwrite their mark)."""
    found = set(marked(MARK, state.instance))
    for replica in state.replicas:
        if is_same(ProcessId(replica.pid, replica.started, replica.boot)):
            found.update(session_members(replica.pid))
    return sorted(found, key=lambda process: process.pid)


def _remove_groups(state: StackState) -> None:
    known = [group for replica in state.replicas for group in (replica.cgroup, replica.memory_cgroup) if group]
    groups = {Path(group) for group in known}
    for parent in {group.parent for group in groups}:
        for group in [*sorted(parent.glob("*/"), reverse=True), parent]:
            clock.wait_until(lambda g=group: not cgroup.members(g), timeout=2.0, every=0.02)  # type: ignore[misc]
            cgroup.remove_group(group)


def _plan(places: Places, compose: ComposeFile, seed: int, scale: dict[str, int]) -> StackState:
    names: dict[str, list[str]] = {}
    for name, service in compose.local_services.items():
        local = service.extension.local if service.extension else None
        for number in range(1, _count(compose, name, scale) + 1):
            names[f"{name}-{number}"] = local.ports if local else []
    edges = [name for name, edge in compose.extension.edges.items() if edge.proxied]
    drawn = iter(free_ports(sum(map(len, names.values())) + len(edges) + 1))
    return StackState(
        stack=compose.name,
        instance=uuid.uuid4().hex[:12],
        compose=str(places.compose),
        folder=str(places.folder),
        tools=str(places.tools) if places.tools else None,
        seed=seed,
        ports={replica: {port: next(drawn) for port in wanted} for replica, wanted in names.items()},
        edges={name: next(drawn) for name in edges},
        load_port=next(drawn),
    )


def _count(compose: ComposeFile, name: str, scale: dict[str, int]) -> int:
    return scale.get(name, compose.services[name].deploy.replicas)
