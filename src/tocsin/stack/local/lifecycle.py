"""A local stack's life: up, down, and what is left of one that died."""

import shutil
from collections.abc import Mapping
from pathlib import Path

from tocsin import clock
from tocsin.errors import TocsinError
from tocsin.model.changes import Changes
from tocsin.model.stack import StackReference
from tocsin.stack.composefile import ComposeFile, read_compose_file
from tocsin.stack.local import cgroup
from tocsin.stack.local.backend import LocalStack
from tocsin.stack.local.launch import MARK, Launcher, scaled_limits
from tocsin.stack.local.replicas import leader_of
from tocsin.stack.local.session import members_of
from tocsin.stack.local.startup import Progress, Startup, save
from tocsin.stack.local.state import StackState, read_state
from tocsin.stack.local.targets import write_targets
from tocsin.stack.places import Places
from tocsin.stack.planned import new_instance
from tocsin.stack.ports import Reservation
from tocsin.stack.process import ProcessId, identity, mark_of, marked, terminate, working_in
from tocsin.stack.programs import require_program
from tocsin.stack.servers import settings_of
from tocsin.stack.warming import warm

THINGS = "processes"
_GROUP_ROOTS = tuple(Path("/sys/fs/cgroup") / root for root in ("cpu/tocsin", "memory/tocsin", "tocsin"))
"""Where cgroups of stacks are made: version 1 and 2."""


def running(places: Places) -> LocalStack | None:
    """The stack that runs there now, or None; one that was never finished counts as not running."""
    state = read_state(places.state_file)
    if state is None or not state.ready or not any(marked(MARK, state.instance)):
        return None
    return LocalStack(places.state_file, read_compose_file(places.compose), state.instance)


def attach(reference: StackReference) -> LocalStack:
    """Reattach from a reference alone; see :meth:`LocalStack.attach`."""
    return LocalStack.attach(reference)


def planned_limits(
    compose: ComposeFile, changed: Mapping[str, float] | None = None
) -> tuple[dict[str, float | None], list[str]]:
    """CPU limits in cores by service as a start sets them on this machine, and what to say of them."""
    return scaled_limits(compose, cgroup.host_cores(), changed)


def refusal(compose: ComposeFile, service: str, fault: str) -> str:
    """Why a service, as its program here is, cannot take a fault; empty when it can."""
    found = compose.local_services.get(service)
    local = found.extension.local if found is not None and found.extension is not None else None
    return local.refuses.get(fault, "") if local is not None else ""


def up(
    places: Places, *, seed: int, progress: Progress, changes: Changes | None = None, instance: str = ""
) -> LocalStack:
    """Start every service and return when all are ready; on failure everything is stopped again.

    ``changes`` is what this start has otherwise than the compose file. ``instance`` is the mark that all processes
    carry; one is made up when left out. The logs of the start before are kept in ``logs/previous``.

    Raises:
        BadInput: when a program is missing (nothing was started).
        StackNotReady: naming the service that did not become ready, with its last log lines.
    """
    compose = check_parts(places)
    down(places)
    _clear(places.folder)
    changes = changes or Changes()
    with Reservation() as reservation:
        state = _plan(places, compose, seed, changes.scale, reservation)
        state.instance = instance or new_instance()
        state.changes = changes
        launcher = Launcher(state, compose)
        save(launcher)
        try:
            _start_all(places, launcher, progress, changes)
        except BaseException:
            down(places, keep_logs=True, instance=state.instance)
            raise
    return LocalStack(places.state_file, compose, state.instance)


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


def check_parts(places: Places) -> ComposeFile:
    """The stack's compose file, once every program that it starts was found.

    Raises:
        MissingProgram: naming the first that is not there; nothing was started.
    """
    compose = read_compose_file(places.compose)
    for service in compose.local_services.values():
        if service.extension and service.extension.local:
            require_program(service.extension.local.program, places.tools)
    return compose


def _start_all(places: Places, launcher: Launcher, progress: Progress, changes: Changes) -> None:
    def changed() -> None:
        save(launcher)
        write_targets(launcher.state, launcher.compose)

    changed()
    counts = {name: _count(launcher.compose, name, changes.scale) for name in launcher.compose.local_services}
    Startup(launcher, places.cache, progress, counts, changed).run()
    stack = LocalStack(places.state_file, launcher.compose, launcher.state.instance)
    if "rebuild" in launcher.compose.extension.hooks:
        since = clock.monotonic()
        warm(stack)
        progress(f"caches warmed in {clock.monotonic() - since:.1f} s")
    limits, notes = planned_limits(launcher.compose, changes.cpus)
    for service, cores in limits.items():
        if cores is not None:
            stack.set_cpu_limit(service, cores)
    launcher.state.cpu_limits = limits
    launcher.state.planned_limits = {service: stack.cpu_limit(service) for service in limits}
    launcher.state.planned_replicas = counts
    if launcher.compose.extension.flags is not None:
        launcher.state.planned_flags = stack.flags()
    launcher.state.planned_settings = settings_of(stack)
    without = sorted({r.service for r in launcher.state.replicas if r.cgroup is None and limits.get(r.service)})
    if without:
        notes.append(f"cgroups are not writable here: CPU limits of {', '.join(without)} by stop-and-continue cycles")
    launcher.state.notes = notes
    launcher.state.ready = True
    save(launcher)
    for note in notes:
        progress(note)


def down(places: Places, *, keep_logs: bool = True, instance: str = "") -> int:
    """End every process that the stack ever started and remove its data; returns how many there were.

    With ``instance`` only that one start is ended: a stack that was started in its place later is left alone. What a
    start has left is found even when no state file tells of it.

    Raises:
        TocsinError: when a process cannot be ended.
    """
    state = _state_of(places, instance)
    ended = sum(_end(places, one, state) for one in _instances(places, instance, state))
    if state is not None:
        shutil.rmtree(places.folder / "data", ignore_errors=True)
        if not keep_logs:
            shutil.rmtree(places.folder, ignore_errors=True)
        places.state_file.unlink(missing_ok=True)
    return ended


def _end(places: Places, instance: str, state: StackState | None) -> int:
    """End one start's processes for certain and remove its cgroups; returns how many processes there were."""
    found = _processes(instance, state)
    survivors = [process.pid for process in found if not terminate(process, 0.0)]
    survivors += [p.pid for p in _processes(instance, state) if not terminate(p, 0.0)]
    if survivors:
        raise TocsinError(f"processes {survivors} of the stack {places.compose.parent.name} could not be ended")
    _remove_groups(instance, state)
    return len(found)


def leftovers(places: Places, instance: str = "") -> list[str]:
    """What of a stack is still there though it should not be: processes and cgroups, one line each.

    Looks by the mark of ``instance``; when that is left out, by what the state file names or by where processes work.
    """
    state = _state_of(places, instance)
    name = places.compose.parent.name
    found = []
    for one in _instances(places, instance, state):
        found += [f"process {process.pid} of the stack {name}" for process in _processes(one, state)]
        found += [f"cgroup {group} of the stack {name}" for group in _groups(one, state)]
    return found


def _instances(places: Places, instance: str, state: StackState | None) -> list[str]:
    """The starts that are meant: the one that is asked for or listed, else all whose processes work in the folder."""
    if instance or state is not None:
        return [state.instance if state is not None else instance]
    return sorted({mark for process in working_in(places.folder / "data") if (mark := mark_of(process, MARK))})


def _state_of(places: Places, instance: str) -> StackState | None:
    """The state file, unless it tells of another start than the one that is meant."""
    state = read_state(places.state_file)
    return state if state is not None and instance in ("", state.instance) else None


def _processes(instance: str, state: StackState | None) -> list[ProcessId]:
    """Every living process of a stack: by its mark, and by session and cgroup (some programs overwrite their mark)."""
    found = set(marked(MARK, instance))
    for replica in state.replicas if state else []:
        found.update(members_of(leader_of(replica.replica), {MARK: instance}))
    for group in _groups(instance, state):
        found.update(process for process in map(identity, cgroup.members(group)) if process is not None)
    return sorted(found, key=lambda process: process.pid)


def _groups(instance: str, state: StackState | None) -> list[Path]:
    """The cgroups of one start that exist, inner ones first."""
    known = [group for one in (state.replicas if state else []) for group in (one.cgroup, one.memory_cgroup) if group]
    parents = {Path(group).parent for group in known}
    parents.update(root / instance for root in _GROUP_ROOTS)
    found = []
    for parent in sorted(parents):
        if parent.is_dir():
            found += [*sorted(parent.glob("*/"), reverse=True), parent]
    return found


def _remove_groups(instance: str, state: StackState | None) -> None:
    for group in _groups(instance, state):
        clock.wait_until(lambda g=group: not cgroup.members(g), timeout=2.0, every=0.02)  # type: ignore[misc]
        cgroup.remove_group(group)


def _plan(
    places: Places, compose: ComposeFile, seed: int, scale: dict[str, int], reservation: Reservation
) -> StackState:
    names: dict[str, list[str]] = {}
    for name, service in compose.local_services.items():
        local = service.extension.local if service.extension else None
        for number in range(1, _count(compose, name, scale) + 1):
            names[f"{name}-{number}"] = local.ports if local else []
    edges = [name for name, edge in compose.extension.edges.items() if edge.proxied]
    drawn = iter(reservation.draw(sum(map(len, names.values())) + len(edges) + 1))
    return StackState(
        stack=compose.name,
        instance=new_instance(),
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
