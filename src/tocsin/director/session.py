"""A run from the outside: its folder, tape, guardian and lock are made, the drill is run, documents are written."""

import os
import platform
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tocsin import __version__
from tocsin.clock import boot
from tocsin.director.annotations import Annotations
from tocsin.director.control.server import ControlServer
from tocsin.director.gate import check_may_start, stack_lock
from tocsin.director.interrupts import Interrupts
from tocsin.director.places import stack_places
from tocsin.director.plan import Plan
from tocsin.director.recorder import Recorder, RunClock, Watcher
from tocsin.director.run import Director
from tocsin.errors import BadInput, Blocked, TocsinError
from tocsin.ledger.client import GuardianClient
from tocsin.load.check import check_imports
from tocsin.model.event import Event
from tocsin.model.run import Machine, RunMeta
from tocsin.model.verdict import RunResult
from tocsin.retro import update_runbook, write_document
from tocsin.retro.score import find_twin
from tocsin.stack.backends import backend, check_parts, running
from tocsin.stack.local.cgroup import host_cores
from tocsin.stack.residue import stack_residue
from tocsin.tape.fold import fold
from tocsin.tape.result import run_result
from tocsin.tape.store import Tape, TapeReader
from tocsin.workspace import Workspace, git_commit

BLIND_NAME = "blind"
"""Stands for the drill's name in the id of a run whose cause is sealed."""


@dataclass(frozen=True)
class RunOptions:
    """What the command line decides about a run beyond its drill."""

    keep: bool = False
    runbook: bool = True
    show_progress: Callable[[str], None] = lambda _: None
    on_folder: Callable[[Path], None] = lambda _: None
    """Told the run's folder as soon as there is one."""


@dataclass(frozen=True)
class Ran:
    """A run that is over: its result, and what ended it before its time (None when nothing did)."""

    result: RunResult
    failure: TocsinError | None


def run_drill(plan: Plan, options: RunOptions, watcher: Watcher, say: Callable[[str], None]) -> Ran:
    """Run a drill and write its documents; ``watcher`` is told every event, ``say`` what else is going on.

    Raises:
        BadInput: when something is blocked, in use or missing, or the load profile does not import; nothing
            was started.
    """
    check_may_start(plan.workspace)
    check_imports(plan.profile_path)
    with stack_lock(plan.workspace, plan.drill.stack) as lock:
        _check_stack(plan)
        folder = new_run_folder(plan.workspace, BLIND_NAME if plan.drill.blind else plan.name)
        folder.mkdir(parents=True)
        options.on_folder(folder)
        clock = RunClock()
        meta = run_meta(plan, folder.name, clock.started_wall, clock.started_monotonic)
        with (
            _serving(folder, say, required=plan.responder == "human") as server,
            Tape.create(folder / "tape.db", meta) as tape,
        ):
            annotations = Annotations(meta)
            recorder = Recorder(tape, clock, _all(watcher, annotations))
            guardian = GuardianClient(folder / "ledger.jsonl", folder / "guardian.log", recorder.note, inherit=(lock,))
            director = Director(
                plan,
                meta,
                folder,
                recorder,
                guardian,
                Interrupts(plan.workspace),
                keep=options.keep,
                show_progress=options.show_progress,
                on_stack=annotations.follow,
                server=server,
            )
            failure = director.run()
    trouble = annotations.close()
    if trouble:
        say(trouble)
    say("writing the incident document")
    try:
        return Ran(_documents(plan, folder, runbook=options.runbook), failure)
    except OSError as error:
        hint = f"Everything is undone. `tocsin report {folder.name}` writes it again."
        raise TocsinError(f"the incident document could not be written: {error}", hint=hint) from error


def _all(*watchers: Watcher) -> Watcher:
    """One that tells them all, in this order."""

    def tell(event: Event) -> None:
        for watcher in watchers:
            watcher(event)

    return tell


@contextmanager
def _serving(folder: Path, say: Callable[[str], None], *, required: bool) -> Iterator[ControlServer | None]:
    """The control socket of a run, closed in the end; a run that needs nobody goes on where there can be none.

    Raises:
        BadInput: when there can be none, and people are to respond.
    """
    try:
        server = ControlServer(folder)
    except OSError as error:
        if required:
            raise BadInput(f"people cannot take part: no socket can be made in {folder}: {error}") from error
        say(f"nobody can attach to this run: no socket can be made in its folder: {error}")
        yield None
        return
    try:
        yield server
    finally:
        server.close()


def _check_stack(plan: Plan) -> None:
    """A stack that runs already must be fit for the drill; one that does not must have its programs.

    Raises:
        Blocked: when the running stack is not as its plan has it, or not as the variant wants it.
        MissingProgram: naming a program that is not installed.
    """
    places = stack_places(plan.workspace, plan.drill.stack, plan.backend)
    found = running(places)
    if found is None:
        check_parts(places)
        return
    hint = "`tocsin down` ends it; the drill then starts its own."
    residue = stack_residue(found)
    if residue:
        raise Blocked(f"the stack {plan.drill.stack} is running, but not as planned: {'; '.join(residue)}", hint=hint)
    has, wants = found.planned.changes, plan.changes
    if (has.settings, has.cpus) != (wants.settings, wants.cpus):
        what = plan.variant_name or "the drill without a variant"
        raise Blocked(f"the running stack has other settings or CPU limits than {what} needs", hint=hint)
    for service, wanted in plan.variant.stack_scale.items():
        count = len(found.replicas(service))
        if count != wanted:
            raise Blocked(
                f"the variant {plan.variant_name} wants {wanted} of {service}, the running stack has {count}", hint=hint
            )


def _documents(plan: Plan, folder: Path, *, runbook: bool) -> RunResult:
    workspace = plan.workspace
    with TapeReader.open(folder / "tape.db") as reader:
        document = write_document(
            reader, workspace.incidents / folder.name, workspace.template, twin=find_twin(reader, workspace.tapes())
        )
        state = fold(reader.meta, reader.events())
        if runbook and state.verdict in ("held", "missed"):
            for fault in dict.fromkeys(injection.fault for injection in state.injections):
                update_runbook(reader, workspace.runbook(fault), workspace.template("runbook.md.j2"))
        return run_result(state, reader.meta, str(folder / "tape.db"), str(document))


def new_run_folder(workspace: Workspace, name: str) -> Path:
    """Where a new run called ``name`` keeps its files; the folder is not there yet."""
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    stamp = time.strftime("%Y%m%d-%H%M%S")
    folder = workspace.runs / f"{stamp}-{slug}"
    number = 1
    while folder.exists():
        number += 1
        folder = workspace.runs / f"{stamp}-{slug}-{number}"
    return folder


def run_meta(plan: Plan, run: str, started: float, monotonic: float = 0.0) -> RunMeta:
    """Everything about a run that is known when it starts.

    ``started`` is in seconds since the epoch, ``monotonic`` the same moment on the clock of this boot.
    """
    limits, _ = backend(plan.backend).planned_limits(plan.files.compose, plan.variant.stack_cpus)
    return RunMeta(
        tocsin=__version__,
        run=run,
        drill_name=plan.name,
        drill=plan.drill,
        variant=plan.variant_name,
        stack=plan.drill.stack,
        backend=plan.backend,
        seed=plan.seed,
        started=started,
        started_monotonic=monotonic,
        boot=boot() if monotonic else "",
        responder=plan.responder,
        slos=plan.files.slos,
        signals=dict(plan.files.signals),
        topology=plan.files.compose.topology,
        playbooks=plan.playbooks,
        machine=Machine(
            system=f"{platform.system()} {platform.release()}",
            cores=host_cores(),
            memory_bytes=os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
            python=platform.python_version(),
        ),
        commit=git_commit(plan.workspace.root),
        limits=limits,
    )
