"""A fault of somebody else's package is undone as ours are: the guarantee is the engine's, not the fault author's.

Director, guardian or both are killed, frozen or left hanging at every boundary between two states of the ledger; then
the stack itself must be as it was.
"""

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests import acme
from tests.live import TOCSIN, make_live_workspace, processes_in, status, tocsin

from tocsin import clock
from tocsin.director.places import stack_places
from tocsin.ledger.store import is_held, read_ledger
from tocsin.stack.local.backend import LocalStack
from tocsin.stack.local.lifecycle import running
from tocsin.workspace import Workspace

pytestmark = pytest.mark.crash

STEPS = ("apply.before", "apply.after", "revert.before", "revert.after", "residue")


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return acme.install(tmp_path_factory.mktemp("site"))


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """A running stack whose shop opts in to the foreign fault."""
    found = make_live_workspace(tmp_path_factory.mktemp("foreign") / "workspace")
    acme.opt_in(found)
    assert tocsin(found, "up").returncode == 0
    yield found
    tocsin(found, "recover")  # after a test that failed half-way
    assert tocsin(found, "down").returncode == 0
    assert processes_in(found.root) == []


@pytest.fixture
def stack(workspace: Workspace) -> LocalStack:
    found = running(stack_places(workspace, "shop"))
    assert found is not None
    return found


class Hand:
    """One ``tocsin inject`` of the foreign fault in which something happens at a step."""

    def __init__(self, workspace: Workspace, package: Path, step: str, once: Path, duration: str = "1s") -> None:
        self._known = set(workspace.ledgers())
        self._workspace = workspace
        self._environment = acme.environment(package, step, once)
        words = [*TOCSIN, *acme.WORDS, "--for", duration]
        self.process = subprocess.Popen(
            words, cwd=workspace.root, env=self._environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    @property
    def ledger(self) -> Path:
        """The ledger that it made."""
        assert clock.wait_until(lambda: bool(set(self._workspace.ledgers()) - self._known), timeout=30.0)
        return (set(self._workspace.ledgers()) - self._known).pop()

    def end(self, timeout: float = 120.0) -> tuple[int, str]:
        """(exit code, what it said) once the command is over and nobody holds its ledger."""
        _, errors = self.process.communicate(timeout=timeout)
        assert clock.wait_until(lambda: not is_held(self.ledger), timeout=30.0)
        return self.process.returncode, errors

    def command(self, *words: str) -> "subprocess.CompletedProcess[str]":
        """Another command with the same package."""
        return subprocess.run(
            [*TOCSIN, *words],
            cwd=self._workspace.root,
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=120.0,
        )


def _states(ledger: Path) -> list[str]:
    return [entry.state for entry in read_ledger(ledger)]


def _is_clean(workspace: Workspace, stack: LocalStack) -> bool:
    return stack.flags()["cache"] and status(workspace)["residue"] == []


@pytest.mark.parametrize("step", STEPS)
def test_the_director_dies_at_a_boundary(
    workspace: Workspace, stack: LocalStack, package: Path, tmp_path: Path, step: str
) -> None:
    hand = Hand(workspace, package, f"{step}:kill director", tmp_path / "once")
    code, _ = hand.end()
    assert code == -signal.SIGKILL
    assert (tmp_path / "once").exists()
    assert _states(hand.ledger) == ["verified"]
    assert _is_clean(workspace, stack)


@pytest.mark.parametrize("step", STEPS)
def test_the_guardian_dies_at_a_boundary(
    workspace: Workspace, stack: LocalStack, package: Path, tmp_path: Path, step: str
) -> None:
    hand = Hand(workspace, package, f"{step}:kill guardian", tmp_path / "once")
    code, errors = hand.end()
    assert code in (0, 3), errors  # 0: its time was over anyway, and only the undoing was done by somebody else
    assert _states(hand.ledger) == ["verified"]
    assert _is_clean(workspace, stack)


@pytest.mark.parametrize("step", STEPS)
def test_both_die_at_a_boundary_and_recover_finishes_twice(
    workspace: Workspace, stack: LocalStack, package: Path, tmp_path: Path, step: str
) -> None:
    hand = Hand(workspace, package, f"{step}:kill both", tmp_path / "once")
    hand.end()
    assert "verified" not in _states(hand.ledger)
    for _ in range(2):
        recovered = hand.command("recover")
        assert recovered.returncode == 0, recovered.stderr
    assert _states(hand.ledger) == ["verified"]
    assert _is_clean(workspace, stack)


def test_nothing_starts_before_recover_and_a_dry_run_only_shows(
    workspace: Workspace, stack: LocalStack, package: Path, tmp_path: Path
) -> None:
    hand = Hand(workspace, package, "apply.after:kill both", tmp_path / "once")
    hand.end()
    refused = hand.command(*acme.WORDS)
    assert (refused.returncode, "tocsin recover" in refused.stderr) == (2, True)
    shown = hand.command("recover", "--dry-run")
    assert (shown.returncode, "would undo injection i1" in shown.stdout) == (0, True)
    assert "verified" not in _states(hand.ledger)
    assert hand.command("recover").returncode == 0
    assert _is_clean(workspace, stack)


def test_a_director_that_dies_while_planning_has_done_nothing(
    workspace: Workspace, stack: LocalStack, package: Path, tmp_path: Path
) -> None:
    hand = Hand(workspace, package, "plan:kill director", tmp_path / "once")
    hand.end()
    assert _states(hand.ledger) == []
    assert _is_clean(workspace, stack)


def test_a_guardian_frozen_in_the_middle_of_an_apply_is_killed_for_certain(
    workspace: Workspace, stack: LocalStack, package: Path, tmp_path: Path
) -> None:
    hand = Hand(workspace, package, "apply.after:freeze guardian", tmp_path / "once", "60s")
    code, errors = hand.end()
    assert (code, "has not answered" in errors) == (3, True), errors
    assert _states(hand.ledger) == ["verified"]
    assert _is_clean(workspace, stack)


def test_a_director_frozen_in_the_middle_of_an_apply_can_do_nothing_later(
    workspace: Workspace, stack: LocalStack, package: Path, tmp_path: Path
) -> None:
    hand = Hand(workspace, package, "apply.before:freeze director", tmp_path / "once", "60s")
    assert clock.wait_until(lambda: _states(hand.ledger) == ["verified"], timeout=60.0)
    assert clock.wait_until(lambda: not is_held(hand.ledger), timeout=30.0)
    assert _is_clean(workspace, stack)
    os.kill(hand.process.pid, signal.SIGCONT)
    code, errors = hand.end()
    assert (code, "has taken over" in errors) == (3, True), errors
    assert _is_clean(workspace, stack)


def test_a_frozen_guardian_without_a_director_is_ended_by_recover(
    workspace: Workspace, stack: LocalStack, package: Path, tmp_path: Path
) -> None:
    hand = Hand(workspace, package, "apply.after:kill director and freeze guardian", tmp_path / "once", "60s")
    hand.process.communicate(timeout=60.0)
    assert is_held(hand.ledger)
    refused = hand.command(*acme.WORDS)
    assert (refused.returncode, "still undoing" in refused.stderr) == (2, True), refused.stderr
    recovered = hand.command("recover")
    assert recovered.returncode == 0, recovered.stderr
    assert _states(hand.ledger) == ["verified"]
    assert _is_clean(workspace, stack)


def test_an_apply_that_never_comes_back_is_left_behind_with_its_process(
    workspace: Workspace, stack: LocalStack, package: Path, tmp_path: Path
) -> None:
    hand = Hand(workspace, package, "apply.after:kill director and hang", tmp_path / "once", "60s")
    hand.end()
    assert _states(hand.ledger) == ["verified"]
    assert _is_clean(workspace, stack)


def test_a_revert_that_fails_twice_ends_unclean_with_what_to_do(
    workspace: Workspace, stack: LocalStack, package: Path, tmp_path: Path
) -> None:
    hand = Hand(workspace, package, "revert.before:raise", tmp_path / "once")
    code, errors = hand.end()
    assert code == 5
    assert "the author has not thought of this" in errors
    assert "by hand: " in errors
    assert not stack.flags()["cache"]
    assert hand.command("recover").returncode == 5  # it still raises
    assert tocsin(workspace, "inject", "redis.flush", "--target", "redis").returncode == 2
    stack.set_flag("cache", True)  # what a person does
    mended = subprocess.run(
        [*TOCSIN, "recover"], cwd=workspace.root, env=acme.environment(package), capture_output=True, check=False
    )
    assert mended.returncode == 0
    assert _is_clean(workspace, stack)
