"""The life of a stack of containers: up, down, and what is left of one that died."""

import shutil
from collections.abc import Mapping
from pathlib import Path

from tocsin import clock
from tocsin.errors import BadInput, UndoFailed
from tocsin.model.changes import Changes
from tocsin.model.stack import StackReference
from tocsin.stack.compose.backend import ComposeStack
from tocsin.stack.compose.command import MARK, compose_version, profiles
from tocsin.stack.compose.engine import Engine, EngineAway, connect
from tocsin.stack.compose.files import write_files
from tocsin.stack.compose.startup import Progress, Startup, load_host
from tocsin.stack.compose.state import ComposeState, project_name
from tocsin.stack.compose.targets import write_targets
from tocsin.stack.composefile import ComposeFile, read_compose_file
from tocsin.stack.limits import scaled
from tocsin.stack.places import Places
from tocsin.stack.planned import new_instance, write_state
from tocsin.stack.ports import free_ports
from tocsin.stack.process import marked, terminate
from tocsin.stack.servers import settings_of
from tocsin.stack.warming import warm

THINGS = "containers"


def check_parts(places: Places) -> ComposeFile:
    """The stack's compose file, once engine and plugin were found; starts nothing.

    Raises:
        BadInput: naming what is missing, and what to do.
    """
    compose = read_compose_file(places.compose)
    compose_version()
    try:
        connect()
    except EngineAway as error:
        raise BadInput(error.message, hint=error.hint) from error
    return compose


def running(places: Places) -> ComposeStack | None:
    """The stack that runs there now, or None; one that was never finished counts as not running."""
    state = ComposeState.read(places.state_file)
    if state is None or not state.ready:
        return None
    if not connect().containers(state.project, state.instance):
        return None
    return ComposeStack(places.state_file, read_compose_file(places.compose), state.instance)


def attach(reference: StackReference) -> ComposeStack:
    """Reattach from a reference alone; see :meth:`ComposeStack.attach`."""
    return ComposeStack.attach(reference)


def planned_limits(
    compose: ComposeFile, changed: Mapping[str, float] | None = None
) -> tuple[dict[str, float | None], list[str]]:
    """CPU limits in cores by service as a start sets them on the engine's machine, and what to say of them.

    Where some services are limited as processes too, the scale is theirs: each then has the same CPU on both backends.
    The others (a broker that something lighter replaces there) keep the plan's, of which they use little.
    """
    services = compose.container_services
    wanted = {name: service.cpu_limit for name, service in services.items() if service.cpu_limit is not None}
    alike = {name for name in wanted if services[name].limited_as_process}
    return scaled(wanted, services, connect().cores, changed, beside=wanted.keys() - alike if alike else ())


def refusal(compose: ComposeFile, service: str, fault: str) -> str:  # noqa: ARG001 - the Protocol's signature
    """Nothing: containers hold the very programs that the stack is about."""
    return ""


def up(
    places: Places, *, seed: int, progress: Progress, changes: Changes | None = None, instance: str = ""
) -> ComposeStack:
    """Start every service and return when all are ready; on failure everything is removed again.

    Raises:
        BadInput: when engine, plugin or an image is missing, or a port is taken.
        StackNotReady: naming the service that did not become ready, with its last log lines.
    """
    compose = check_parts(places).with_profiles(profiles())
    engine = connect()
    down(places)
    _clear(places.folder)
    state = _plan(places, compose, seed, changes or Changes())
    state.instance = instance or new_instance()
    write_state(places.state_file, state)
    write_files(places, state, compose)
    try:
        write_targets(state)
        Startup(places, state, compose, engine, progress).run()
        return _finish(places, state, compose, engine, progress)
    except BaseException:
        down(places, instance=state.instance)
        raise


def _finish(
    places: Places, state: ComposeState, compose: ComposeFile, engine: Engine, progress: Progress
) -> ComposeStack:
    """Everything runs: write down what it is, and how everything was at this moment."""
    stack = ComposeStack(places.state_file, compose, state.instance)
    state.containers = stack.adopt()
    state.load_host = load_host(engine.networks(state.project))
    present = {one.service for one in state.containers}
    state.planned_replicas = {name: n for name, n in state.planned_replicas.items() if name in present}
    write_state(places.state_file, state)
    write_targets(state)
    stack.make_proxies()
    if "rebuild" in compose.extension.hooks:
        since = clock.monotonic()
        warm(stack)
        progress(f"caches warmed in {clock.monotonic() - since:.1f} s")
    state.planned_limits = {service: stack.cpu_limit(service) for service in state.planned_replicas}
    if compose.extension.flags is not None:
        state.planned_flags = stack.flags()
    state.planned_settings = settings_of(stack)
    state.ready = True
    write_state(places.state_file, state)
    for note in state.notes:
        progress(note)
    return stack


def _plan(places: Places, compose: ComposeFile, seed: int, changes: Changes) -> ComposeState:
    """What is known before anything is started: limits, counts, and free ports where one replica listens."""
    services = compose.container_services
    counts = {name: changes.scale.get(name, service.deploy.replicas) for name, service in services.items()}
    single = {name: services[name].container_ports for name, count in counts.items() if count == 1}
    edges = [name for name, edge in compose.extension.edges.items() if edge.proxied and edge.listen]
    drawn = iter(free_ports(sum(map(len, single.values())) + len(edges) + 1))
    limits, notes = planned_limits(compose, changes.cpus)
    return ComposeState(
        stack=compose.name,
        instance="",
        compose=str(places.compose),
        folder=str(places.folder),
        project=project_name(compose.name, places.folder),
        seed=seed,
        changes=changes,
        planned_replicas=counts,
        planned_limits=limits,
        notes=notes,
        ports={name: {port: next(drawn) for port in ports} for name, ports in single.items()},
        edges={name: next(drawn) for name in edges},
        load_port=next(drawn),
    )


def _clear(folder: Path) -> None:
    """Empty a stack's folder but for what was said at the start before, which goes to ``logs/previous``."""
    folder.mkdir(parents=True, exist_ok=True)
    previous = folder / "previous"
    shutil.rmtree(previous, ignore_errors=True)
    logs = folder / "logs"
    if logs.is_dir():
        logs.rename(previous)
    for path in folder.iterdir():
        if path.is_dir() and path != previous:
            shutil.rmtree(path, ignore_errors=True)
        elif path != previous:
            path.unlink()
    logs.mkdir()
    if previous.is_dir():
        previous.rename(logs / "previous")


def down(places: Places, *, keep_logs: bool = True, instance: str = "") -> int:
    """Remove every container, network and volume of the stack; returns how many containers there were.

    With ``instance`` only that one start is ended: a stack that was started in its place later is left alone.

    Raises:
        UndoFailed: when something cannot be removed.
        EngineAway: when the engine is away and may still have something.
    """
    state = ComposeState.read(places.state_file)
    if state is None and not places.folder.is_dir():
        return 0
    if state is not None and instance not in ("", state.instance):
        return 0
    project = _project(places)
    if state is None and not instance:
        return _remove_forgotten(project)
    for process in marked(MARK, instance or (state.instance if state else "")):
        terminate(process, 0.0)  # a `docker compose up` whose starter died would go on making containers
    ended = _remove_all(connect(), project)
    if state is not None:
        _forget(places, keep_logs=keep_logs)
    return ended


def _remove_forgotten(project: str) -> int:
    """Remove what no state file tells of; where no engine answers, there is nothing as far as is known."""
    try:
        return _remove_all(connect(), project)
    except EngineAway:
        return 0


def _forget(places: Places, *, keep_logs: bool) -> None:
    shutil.rmtree(places.folder / "targets", ignore_errors=True)
    if not keep_logs:
        shutil.rmtree(places.folder, ignore_errors=True)
    places.state_file.unlink(missing_ok=True)


def _remove_all(engine: Engine, project: str) -> int:
    found = engine.containers(project)
    for one in found:  # in turn: an engine may lose count of a network that many leave at once (moby issue 42119)
        engine.remove(str(one["Id"]))
    for one in engine.networks(project):
        engine.remove_network(str(one["Id"]))
    for one in engine.volumes(project):
        engine.remove_volume(str(one["Name"]))
    left = engine.containers(project)
    if left:
        names = ", ".join(str(one["Names"][0]).lstrip("/") for one in left)
        raise UndoFailed(f"the containers {names} could not be removed", hint=f"docker rm --force {names}")
    return len(found)


def leftovers(places: Places, instance: str = "") -> list[str]:
    """What of a stack is still there though it should not be: containers, networks and volumes, one line each."""
    state = ComposeState.read(places.state_file)
    if not instance and state is None:
        return []  # nothing was started, or it was taken down: no engine needs to be asked
    if instance and state is not None and state.instance != instance:
        return []
    project = _project(places)
    try:
        engine = connect()
        found = [f"container {one['Names'][0].lstrip('/')}" for one in engine.containers(project, instance)]
        found += [f"network {one['Name']}" for one in engine.networks(project)]
        found += [f"volume {one['Name']}" for one in engine.volumes(project)]
    except EngineAway as error:
        return [f"what is left of the project {project} cannot be seen: {error.message}. {error.hint}".rstrip()]
    return [f"{line} of the stack {places.compose.parent.name}" for line in found]


def _project(places: Places) -> str:
    return project_name(places.compose.parent.name, places.folder)
