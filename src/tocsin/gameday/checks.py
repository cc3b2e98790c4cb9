"""Pre-checks: what must be so before a game day begins, looked at by the tool or left to people."""

import shutil
from collections.abc import Callable

from tocsin.director.blocking import stop_reason
from tocsin.director.gate import stack_lock, unfinished_ledgers
from tocsin.director.places import stack_places
from tocsin.errors import TocsinError
from tocsin.model.gameday import CheckResult, GameDay, PreCheck
from tocsin.stack.backends import check_parts, leftovers, running
from tocsin.workspace import Workspace

_GIGABYTE = 1e9
_DISK = 1.0
"""Gigabytes that should be free where a game day does not say how many."""

Found = tuple[bool, str]


def look(workspace: Workspace, gameday: GameDay, stacks: list[tuple[str, str]]) -> list[CheckResult]:
    """Every pre-check with what was found; ``stacks`` are the (stack, backend) pairs that its drills use."""
    return [_look_at(workspace, check, stacks) for check in gameday.pre_checks]


def _look_at(workspace: Workspace, check: PreCheck, stacks: list[tuple[str, str]]) -> CheckResult:
    if check.check is None:
        return CheckResult(what=check.ask, met=None)
    looks: dict[str, Callable[[], Found]] = {
        "starts_allowed": lambda: _starts_allowed(workspace),
        "nothing_left_over": lambda: _nothing_left_over(workspace, stacks),
        "stack_free": lambda: _stack_free(workspace, stacks),
        "programs": lambda: _programs(workspace, stacks),
        "disk": lambda: _disk(workspace, check.at_least if check.at_least is not None else _DISK),
    }
    try:
        met, detail = looks[check.check]()
    except TocsinError as error:
        met, detail = False, error.message
    return CheckResult(what=check.ask or check.check.replace("_", " "), met=met, detail=detail)


def _starts_allowed(workspace: Workspace) -> Found:
    reason = stop_reason(workspace)
    return reason is None, "" if reason is None else f"{reason} (`tocsin resume` allows them)"


def _nothing_left_over(workspace: Workspace, stacks: list[tuple[str, str]]) -> Found:
    left = [f"the run {path.parent.name} was not undone (`tocsin recover`)" for path in unfinished_ledgers(workspace)]
    for stack, backend in stacks:
        places = stack_places(workspace, stack, backend)
        if running(places) is None:
            left += leftovers(places)
    return not left, "; ".join(left)


def _stack_free(workspace: Workspace, stacks: list[tuple[str, str]]) -> Found:
    for stack, _ in stacks:
        with stack_lock(workspace, stack):
            pass
    return True, ""


def _programs(workspace: Workspace, stacks: list[tuple[str, str]]) -> Found:
    for stack, backend in stacks:
        check_parts(stack_places(workspace, stack, backend))
    return True, ""


def _disk(workspace: Workspace, wanted: float) -> Found:
    free = shutil.disk_usage(workspace.root).free / _GIGABYTE
    return free >= wanted, f"{free:.1f} GB free, {wanted:g} GB wanted"
