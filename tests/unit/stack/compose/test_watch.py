"""Log lines of containers, taken in once each."""

import requests
from tests.fake_docker import FakeDocker

from tocsin.stack.compose.backend import ComposeStack
from tocsin.stack.compose.watch import LINES_PER_LOOK


def test_each_line_is_told_once(stack: ComposeStack, docker: FakeDocker) -> None:
    seen: dict[str, int] = {}
    container = stack.replicas("app")[0].container
    docker.written[container] = [("2026-01-01T00:00:00.000000001Z", "one"), ("2026-01-01T00:00:00.000000002Z", "two")]
    assert stack.log_lines(seen) == [("app-1", "one"), ("app-1", "two")]
    assert stack.log_lines(seen) == []
    docker.written[container].append(("2026-01-01T00:00:00.000000003Z", "three words here"))
    assert stack.log_lines(seen) == [("app-1", "three words here")]


def test_a_flood_is_cut_and_said(stack: ComposeStack, docker: FakeDocker) -> None:
    container = stack.replicas("app")[0].container
    docker.written[container] = [(f"2026-01-01T00:00:{n // 100:02}.{n:09}Z", f"line {n}") for n in range(1000)]
    lines = stack.log_lines({})
    assert len(lines) == LINES_PER_LOOK + 1
    assert lines[-2] == ("app-1", "line 999")
    assert "were not kept" in lines[-1][1]


def test_a_log_that_cannot_be_read_is_read_on_later(stack: ComposeStack, docker: FakeDocker) -> None:
    seen: dict[str, int] = {}
    mysql, app = stack.replicas("mysql")[0].container, stack.replicas("app")[0].container
    docker.written[mysql] = [("2026-01-01T00:00:00.000000001Z", "one")]
    docker.written[app] = [("2026-01-01T00:00:00.000000001Z", "two")]
    docker.remove_container(mysql, force=True, v=True)
    assert stack.log_lines(seen) == [("app-1", "two")]
    docker.written[app].append(("2026-01-01T00:00:00.000000002Z", "three"))
    docker.broken = requests.ReadTimeout("Read timed out.")
    calls = len(docker.calls)
    assert stack.log_lines(seen) == []
    assert len(docker.calls) == calls + 1  # nobody else is asked while it is silent
    docker.broken = None
    assert stack.log_lines(seen) == [("app-1", "three")]
