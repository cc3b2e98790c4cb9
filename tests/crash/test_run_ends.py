"""A whole run ended before its time: by Ctrl-C, by ``stop``, by its abort rule, frozen, or on a full disk."""

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.live import QUICK_DRILL, begin, make_live_workspace, processes_in, status, tocsin, wait_for_event

from tocsin import clock
from tocsin.ledger.store import halted_at, is_held, read_ledger
from tocsin.model.event import AbortRequested
from tocsin.tape.store import TapeReader
from tocsin.workspace import Workspace

pytestmark = pytest.mark.crash

ABORT_DRILL = QUICK_DRILL.replace("expect:", "abort_if: {expression: 'sum(load_users) > 0', for: 3s}\nexpect:")


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    found = make_live_workspace(tmp_path_factory.mktemp("ends") / "workspace")
    (found.root / "drills" / "given-up.yaml").write_text(ABORT_DRILL, encoding="utf-8")
    assert tocsin(found, "up").returncode == 0
    yield found
    assert tocsin(found, "down").returncode == 0
    assert processes_in(found.root) == []


@pytest.fixture(autouse=True)
def allowed(workspace: Workspace) -> Iterator[None]:
    """Starts are allowed again after each test, whatever became of it."""
    yield
    tocsin(workspace, "resume")


def _begin(workspace: Workspace, drill: str = "quick") -> tuple["subprocess.Popen[str]", Path]:
    """A run whose fault is in place, and its folder."""
    known = len(workspace.run_folders())
    run = begin(workspace, "run", drill, "--json")
    assert clock.wait_until(lambda: len(workspace.run_folders()) > known, timeout=60.0)
    return run, wait_for_event(workspace, "bit")


def _abort(folder: Path) -> AbortRequested:
    with TapeReader.open(folder / "tape.db") as reader:
        return next(event.data for event in reader.events() if isinstance(event.data, AbortRequested))


def _is_closed(folder: Path) -> bool:
    ledger = folder / "ledger.jsonl"
    return not is_held(ledger) and not any(entry.is_open for entry in read_ledger(ledger))


def _is_clean(workspace: Workspace) -> bool:
    found = status(workspace)
    return (found["injections"], found["residue"], found["to_recover"]) == ([], [], [])


def test_two_ctrl_c_end_a_run_once_and_with_its_document(workspace: Workspace) -> None:
    run, folder = _begin(workspace)
    run.send_signal(signal.SIGINT)
    clock.wait_until(lambda: "abort" in _kinds(folder), timeout=10.0, every=0.02)
    run.send_signal(signal.SIGINT)
    output, errors = run.communicate(timeout=120)
    result = json.loads(output)
    assert (run.returncode, result["verdict"]) == (3, "aborted"), errors
    assert Path(result["document"]).exists()
    assert _abort(folder).by == "SIGINT"
    assert _is_closed(folder)
    assert _is_clean(workspace)


def test_stop_comes_back_when_everything_is_undone(workspace: Workspace) -> None:
    run, folder = _begin(workspace)
    stopped = tocsin(workspace, "stop", "--reason", "the coffee is ready")
    assert stopped.returncode == 0, stopped.stderr
    assert "undone and verified after" in stopped.stdout
    assert halted_at(folder / "ledger.jsonl") is not None
    assert _is_closed(folder)
    assert _is_clean(workspace)
    run.communicate(timeout=60)
    assert run.returncode == 3
    assert (_abort(folder).by, _abort(folder).reason) == ("tocsin stop", "aborted by tocsin stop: the coffee is ready")
    refused = tocsin(workspace, "run", "quick")
    assert (refused.returncode, "the coffee is ready" in refused.stderr) == (2, True)
    assert tocsin(workspace, "resume").returncode == 0


def test_a_run_frozen_beyond_its_lease_is_undone_and_harmless_when_it_wakes(workspace: Workspace) -> None:
    run, folder = _begin(workspace)
    run.send_signal(signal.SIGSTOP)
    assert clock.wait_until(lambda: _is_closed(folder), timeout=60.0)
    assert _is_clean(workspace)
    run.send_signal(signal.SIGCONT)
    output, errors = run.communicate(timeout=120)
    assert (run.returncode, json.loads(output)["verdict"]) == (3, "aborted"), errors
    assert _is_clean(workspace)


def test_a_drill_is_given_up_by_its_own_expression(workspace: Workspace) -> None:
    done = tocsin(workspace, "run", "given-up", "--json")
    assert done.returncode == 3, done.stderr
    folder = workspace.run_folders()[-1]
    assert _abort(folder).by == "safety limit"
    assert "load_users" in _abort(folder).reason
    assert _is_clean(workspace)


def test_an_up_that_is_killed_half_way_leaves_nothing(tmp_path: Path) -> None:
    workspace = make_live_workspace(tmp_path / "half")
    up = begin(workspace, "up")

    def started() -> bool:
        return any("mariadb" in line or "redis-server" in line for line in processes_in(workspace.root))

    assert clock.wait_until(started, timeout=60.0)
    up.kill()
    up.communicate()
    ledger = workspace.ledgers()[-1]
    assert clock.wait_until(lambda: _is_closed(ledger.parent), timeout=60.0)
    assert clock.wait_until(lambda: processes_in(workspace.root) == [], timeout=10.0)
    assert status(workspace)["running"] is False


@pytest.mark.skipif(os.geteuid() != 0, reason="a disk of its own can only be mounted by root")
def test_a_full_disk_keeps_nothing_from_being_undone(workspace: Workspace) -> None:
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(workspace.runs)], check=False, capture_output=True
    )
    if mounted.returncode != 0:
        pytest.skip(f"no tmpfs can be mounted here: {mounted.stderr.decode()}")
    try:
        run, folder = _begin(workspace)
        with (workspace.runs / "filler").open("wb", buffering=0) as file:
            _fill(file.fileno())
        run.communicate(timeout=120)
        assert run.returncode != 0
        assert status(workspace)["residue"] == []
        (workspace.runs / "filler").unlink()
        assert tocsin(workspace, "recover").returncode == 0
        assert _is_closed(folder)
        assert _is_clean(workspace)
    finally:
        subprocess.run(["umount", "-l", str(workspace.runs)], check=True)


def _fill(descriptor: int) -> None:
    """Write until there is no room for one byte more."""
    for size in (1 << 16, 1 << 10, 1):
        try:
            while True:
                os.write(descriptor, b"x" * size)
        except OSError:
            continue


def _kinds(folder: Path) -> set[str]:
    with TapeReader.open(folder / "tape.db") as reader:
        return {event.data.kind for event in reader.events()}
