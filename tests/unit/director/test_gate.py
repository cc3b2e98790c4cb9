"""Nothing starts while starts are blocked, while something must be undone, or while somebody holds the stack."""

import subprocess
import sys
from pathlib import Path

import pytest

from tocsin.director.blocking import allow_starts, block_starts, stop_reason
from tocsin.director.gate import check_may_start, stack_lock
from tocsin.errors import Blocked
from tocsin.ledger.store import Ledger
from tocsin.workspace import Workspace


def test_a_stop_blocks_until_it_is_lifted(workspace: Workspace) -> None:
    check_may_start(workspace)
    block_starts(workspace, "the office is on fire")
    assert stop_reason(workspace) == "the office is on fire"
    with pytest.raises(Blocked, match="the office is on fire"):
        check_may_start(workspace)
    assert allow_starts(workspace)
    assert not allow_starts(workspace)
    check_may_start(workspace)


def test_an_open_ledger_that_nobody_holds_blocks(workspace: Workspace) -> None:
    path = workspace.runs / "20261124-1" / "ledger.jsonl"
    ledger = Ledger(path)
    ledger.intend("i1", "injection", {})
    check_may_start(workspace)  # its guardian lives
    ledger.close()
    with pytest.raises(Blocked, match="20261124-1") as caught:
        check_may_start(workspace)
    assert "tocsin recover" in caught.value.hint


def test_a_stop_file_that_cannot_be_read_still_blocks(workspace: Workspace) -> None:
    workspace.stop_file.parent.mkdir(parents=True)
    workspace.stop_file.write_text("{torn", encoding="utf-8")
    with pytest.raises(Blocked):
        check_may_start(workspace)


def test_one_run_per_stack_also_between_processes(workspace: Workspace) -> None:
    script = (
        "import sys; from pathlib import Path; from tocsin.workspace import Workspace\n"
        "from tocsin.director.gate import stack_lock\n"
        "root = Path(sys.argv[1])\n"
        "with stack_lock(Workspace(root, (root,)), 'shop'): pass\n"
    )
    command = [sys.executable, "-c", script, str(workspace.root)]
    with stack_lock(workspace, "shop"):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert "Blocked" in done.stderr
        assert "in use by pid" in done.stderr
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0


def test_a_lock_of_one_stack_does_not_hold_another(workspace: Workspace, tmp_path: Path) -> None:
    with stack_lock(workspace, "shop"), stack_lock(workspace, "other"):
        assert tmp_path.exists()
