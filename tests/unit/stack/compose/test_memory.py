"""Memory limits of containers: only ever changed where there is one, and put back as it was."""

import pytest
from tests.fake_docker import FakeDocker

from tocsin.errors import TocsinError
from tocsin.stack.compose.backend import ComposeStack
from tocsin.stack.compose.limits import used_of

GIGA = 1 << 30


def _host(docker: FakeDocker) -> dict[str, int]:
    found: dict[str, int] = next(one["HostConfig"] for one in docker.all.values() if "mysql" in one["Name"])
    return found


def test_a_limit_goes_down_and_back_with_its_swap_untouched(stack: ComposeStack, docker: FakeDocker) -> None:
    assert stack.memory_limit("mysql") == GIGA
    stack.set_memory_limit("mysql", GIGA // 4)
    assert stack.memory_limit("mysql") == GIGA // 4
    stack.set_memory_limit("mysql", GIGA)
    assert (_host(docker)["Memory"], _host(docker)["MemorySwap"]) == (GIGA, 2 * GIGA)


def test_a_limit_above_that_of_memory_and_swap_raises_both(stack: ComposeStack, docker: FakeDocker) -> None:
    stack.set_memory_limit("mysql", 4 * GIGA)
    assert (_host(docker)["Memory"], _host(docker)["MemorySwap"]) == (4 * GIGA, 8 * GIGA)


def test_none_is_set_where_there_was_none(stack: ComposeStack) -> None:
    assert stack.memory_limit("app") is None
    with pytest.raises(TocsinError, match="shop-1-app-1 was started without a memory limit"):
        stack.set_memory_limit("app", GIGA)


def test_what_is_only_cached_is_not_in_use() -> None:
    assert used_of({"memory_stats": {"usage": 100, "stats": {"total_inactive_file": 30}}}) == 70
    assert used_of({"memory_stats": {"usage": 100, "stats": {"inactive_file": 20}}}) == 80
    assert used_of({}) == 0
