"""Grafana's dashboards on a living stack: no panel is empty while there is load."""

from pathlib import Path

import pytest
from tests.stack.panels import Panel, all_panels, empty_panels, left_out, shows

from tocsin.stack.local.backend import LocalStack

pytestmark = [pytest.mark.stack, pytest.mark.alone]

_NO_MEMORY = "this kernel lets us hold no process to a memory limit, so there is none to compare with"
_NO_QUOTA = "this kernel lets us set no CPU quota; limits are kept by stopping and continuing, which has no periods"


def reasons(stack: LocalStack) -> dict[tuple[str, str], str]:
    """Panels that may be empty here, and why."""
    replicas = stack.state.replicas
    found = {}
    if not any(replica.memory_cgroup for replica in replicas):
        found[("resources", "Memory of what is allowed")] = _NO_MEMORY
        found[("resources", "Kills for want of memory")] = _NO_MEMORY
    if not any(replica.cgroup for replica in replicas):
        found[("resources", "CPU use of what is allowed")] = _NO_QUOTA
        found[("resources", "Share of periods held back")] = _NO_QUOTA
    return found


def test_no_panel_is_empty_under_load(live: LocalStack, tmp_path: Path) -> None:
    wanted = left_out(all_panels(), reasons(live))
    assert len(wanted) > 40
    empty = empty_panels(live, wanted, tmp_path)
    assert not empty, "empty panels:\n" + "\n".join(map(str, empty))


def test_a_query_that_finds_nothing_is_seen(live: LocalStack) -> None:
    assert shows(live, "up")
    assert not shows(live, "a_series_that_nobody_serves")
    assert not shows(live, "vector(0) / vector(0)")


def test_a_reason_for_a_panel_that_there_is_not_is_a_mistake() -> None:
    with pytest.raises(AssertionError, match="no such panels"):
        left_out([Panel("slo", "a", "up")], {("slo", "b"): "because"})
