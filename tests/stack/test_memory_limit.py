"""A memory limit is the kernel's: what goes beyond it is killed, and the kill is counted."""

import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tocsin import clock
from tocsin.exporters.oom import read_oom_kills
from tocsin.stack.local import cgroup
from tocsin.stack.local.launch import _within

LIMIT = 64 << 20

pytestmark = pytest.mark.stack


@pytest.fixture
def group() -> Iterator[Path]:
    """A group of 64 MiB where the machine lets us have one."""
    made = cgroup.make_memory_group(f"test-{uuid.uuid4().hex[:8]}/hungry-1", LIMIT)
    if made is None:
        pytest.skip("memory cgroups are not writable here")
    yield made
    assert clock.wait_until(lambda: not cgroup.members(made), timeout=5.0)
    cgroup.remove_group(made)
    cgroup.remove_group(made.parent)


def test_what_goes_beyond_the_limit_is_killed_and_counted(group: Path) -> None:
    modest = [sys.executable, "-c", "print(len(bytearray(8 << 20)))"]
    assert subprocess.run(_within([group], modest), check=False, capture_output=True, timeout=30).returncode == 0
    assert read_oom_kills(group) == 0
    hungry = [sys.executable, "-c", "held = bytearray(b'x') * (256 << 20)"]
    done = subprocess.run(_within([group], hungry), check=False, capture_output=True, timeout=30)
    assert done.returncode == -signal.SIGKILL
    assert read_oom_kills(group) == 1
