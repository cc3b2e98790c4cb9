"""Whatever dies, however it dies: nothing of a drill is left behind."""

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.live import begin, guardian_of, make_live_workspace, processes_in, status, tocsin, wait_for_event

from tocsin import clock
from tocsin.ledger.store import is_held, read_ledger
from tocsin.workspace import Workspace

pytestmark = pytest.mark.crash


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return make_live_workspace(tmp_path_factory.mktemp("crash") / "workspace")


def _guardian_of(ledger: Path) -> int:
    found = guardian_of(ledger)
    assert found is not None
    return found


def _all_undone(ledger: Path, timeout: float = 60.0) -> bool:
    def undone() -> bool:
        entries = read_ledger(ledger)
        return bool(entries) and not any(entry.is_open for entry in entries) and not is_held(ledger)

    return clock.wait_until(undone, timeout=timeout, every=0.2)


def test_a_director_killed_during_the_fault_leaves_nothing(workspace: Workspace) -> None:
    run = begin(workspace, "run", "quick", "--json")
    folder = wait_for_event(workspace, "bit")
    run.kill()
    run.communicate()
    assert _all_undone(folder / "ledger.jsonl")
    assert {entry.kind for entry in read_ledger(folder / "ledger.jsonl")} >= {"stack", "load", "injection"}
    assert clock.wait_until(lambda: processes_in(workspace.root) == [], timeout=10.0)
    found = status(workspace)
    assert (found["running"], found["injections"], found["residue"], found["to_recover"]) == (False, [], [], [])
    shown = json.loads(tocsin(workspace, "report", folder.name, "--format", "json").stdout)
    assert shown["verdict"] == "aborted"
    assert shown["injections"][0]["removed"] is not None  # by the guardian's journal
    assert tocsin(workspace, "report", folder.name).returncode == 0


def test_a_guardian_killed_during_the_fault_is_answered_by_the_director(workspace: Workspace) -> None:
    before = len(workspace.run_folders())
    run = begin(workspace, "run", "quick", "--json")
    assert clock.wait_until(lambda: len(workspace.run_folders()) > before, timeout=60.0)
    folder = wait_for_event(workspace, "bit")
    os.kill(_guardian_of(folder / "ledger.jsonl"), signal.SIGKILL)
    output, errors = run.communicate(timeout=120)
    result = json.loads(output)
    assert (run.returncode, result["verdict"]) == (3, "aborted"), errors
    assert result["residue"] == []
    assert _all_undone(folder / "ledger.jsonl")
    assert processes_in(workspace.root) == []


def test_a_guardian_frozen_while_it_starts_the_stack_is_answered_too(workspace: Workspace) -> None:
    before = set(workspace.ledgers())
    run = begin(workspace, "run", "quick", "--json")

    def starting() -> bool:
        fresh = set(workspace.ledgers()) - before
        return any(entry.kind == "stack" for ledger in fresh for entry in read_ledger(ledger))

    assert clock.wait_until(starting, timeout=60.0, every=0.05)
    ledger = (set(workspace.ledgers()) - before).pop()
    assert [entry.state for entry in read_ledger(ledger)] == ["intended"]
    os.kill(_guardian_of(ledger), signal.SIGSTOP)
    output, errors = run.communicate(timeout=120)
    assert (run.returncode, json.loads(output)["verdict"]) == (3, "aborted"), errors
    assert _all_undone(ledger)
    assert clock.wait_until(lambda: processes_in(workspace.root) == [], timeout=10.0)


@pytest.fixture
def up(workspace: Workspace) -> Iterator[None]:
    assert tocsin(workspace, "up").returncode == 0
    yield
    assert tocsin(workspace, "down").returncode == 0
    assert processes_in(workspace.root) == []


def _injected(workspace: Workspace) -> Path:
    """The ledger of the injection that is in place."""

    def applied() -> bool:
        rows = status(workspace)["injections"]
        return bool(rows) and rows[0]["state"] == "applied"

    assert clock.wait_until(applied, timeout=60.0, every=0.2)
    return workspace.runs / str(status(workspace)["injections"][0]["run"]) / "ledger.jsonl"


@pytest.mark.usefixtures("up")
def test_ctrl_c_ends_an_injection_early_and_undoes_it(workspace: Workspace) -> None:
    hand = begin(workspace, "inject", "kafka.consumer_pause", "--target", "coupon-issuer", "--for", "120s")
    ledger = _injected(workspace)
    hand.send_signal(signal.SIGINT)
    _, errors = hand.communicate(timeout=60)
    assert hand.returncode == 3, errors
    assert "everything is undone" in errors
    assert _all_undone(ledger)
    assert status(workspace)["residue"] == []


@pytest.mark.usefixtures("up")
def test_stop_ends_an_injection_and_blocks_until_resume(workspace: Workspace) -> None:
    hand = begin(workspace, "inject", "redis.latency", "--target", "redis", "--for", "120s")
    ledger = _injected(workspace)
    assert tocsin(workspace, "stop", "--reason", "enough").returncode == 0
    _, errors = hand.communicate(timeout=60)
    assert hand.returncode == 3, errors
    assert _all_undone(ledger)
    assert tocsin(workspace, "inject", "redis.flush", "--target", "redis").returncode == 2
    assert tocsin(workspace, "resume").returncode == 0
    assert status(workspace)["residue"] == []


@pytest.mark.usefixtures("up")
def test_a_frozen_director_loses_its_lease_and_can_do_nothing_later(workspace: Workspace) -> None:
    hand = begin(workspace, "inject", "mysql.cpu_throttle", "--target", "mysql", "--for", "60s", "--with", "cores=0.05")
    ledger = _injected(workspace)
    hand.send_signal(signal.SIGSTOP)
    assert _all_undone(ledger)
    assert status(workspace)["residue"] == []
    hand.send_signal(signal.SIGCONT)
    hand.communicate(timeout=60)
    assert hand.returncode == 3
    assert status(workspace)["residue"] == []


@pytest.mark.usefixtures("up")
def test_a_frozen_guardian_is_killed_for_certain_and_its_work_done(workspace: Workspace) -> None:
    hand = begin(workspace, "inject", "redis.latency", "--target", "redis", "--for", "120s")
    ledger = _injected(workspace)
    guardian = _guardian_of(ledger)
    os.kill(guardian, signal.SIGSTOP)
    _, errors = hand.communicate(timeout=90)
    assert hand.returncode == 3, errors
    assert "has not answered for" in errors
    assert not Path(f"/proc/{guardian}/cmdline").exists() or not Path(f"/proc/{guardian}/cmdline").read_bytes()
    assert _all_undone(ledger)
    assert status(workspace)["residue"] == []


@pytest.mark.usefixtures("up")
def test_when_both_die_the_next_command_says_so_and_recover_finishes(workspace: Workspace) -> None:
    hand = begin(workspace, "inject", "kafka.consumer_pause", "--target", "coupon-issuer", "--for", "120s")
    ledger = _injected(workspace)
    guardian = _guardian_of(ledger)
    os.kill(guardian, signal.SIGSTOP)  # so that it cannot act before it dies
    hand.kill()
    hand.communicate()
    os.kill(guardian, signal.SIGKILL)
    assert clock.wait_until(lambda: not is_held(ledger), timeout=10.0)
    assert any("frozen" in line for line in status(workspace)["residue"])
    refused = tocsin(workspace, "inject", "redis.flush", "--target", "redis")
    assert refused.returncode == 2
    assert "tocsin recover" in refused.stderr
    recovered = tocsin(workspace, "recover")
    assert recovered.returncode == 0, recovered.stderr
    assert _all_undone(ledger)
    assert status(workspace)["residue"] == []
