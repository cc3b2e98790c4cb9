"""Memory limits of processes, on folders that look like cgroups of both versions."""

from pathlib import Path

import pytest

from tocsin.errors import BadInput
from tocsin.stack.local.memory import MemoryLimits
from tocsin.stack.local.state import ReplicaState, StackState

UNLIMITED_V1 = str(0x7FFFFFFFFFFFF000)
V1 = {
    "memory.limit_in_bytes": "1000\n",
    "memory.usage_in_bytes": "700\n",
    "memory.stat": "cache 5\ntotal_inactive_file 200\n",
    "memory.oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 3\n",
}
V2 = {
    "memory.max": "1000\n",
    "memory.current": "700\n",
    "memory.stat": "anon 5\ninactive_file 200\n",
    "memory.events": "low 0\noom 4\noom_kill 3\n",
}


def limits(folder: Path, files: dict[str, str], replicas: int = 2) -> MemoryLimits:
    found = []
    for number in range(1, replicas + 1):
        group = folder / f"app-{number}"
        group.mkdir(parents=True)
        for name, text in files.items():
            (group / name).write_text(text, encoding="ascii")
        found.append(
            ReplicaState(service="app", number=number, pid=1, started=1, boot="b", ports={}, memory_cgroup=str(group))
        )
    state = StackState(stack="shop", instance="x", compose="", folder=str(folder), seed=1, load_port=1, replicas=found)
    return MemoryLimits(state)


@pytest.mark.parametrize("files", [V1, V2], ids=["v1", "v2"])
def test_a_limit_is_read_set_and_told(tmp_path: Path, files: dict[str, str]) -> None:
    memory = limits(tmp_path, files)
    assert (memory.of("app"), memory.used("app"), memory.kills("app")) == (1000, 500, 6)
    memory.set("app", 600)
    assert memory.of("app") == 600
    name = next(iter(files))
    assert [(tmp_path / f"app-{number}" / name).read_text(encoding="ascii") for number in (1, 2)] == ["600", "600"]
    assert memory.by_hand("app", 1000) == [f"echo 1000 > {tmp_path}/app-{number}/{name}" for number in (1, 2)]


@pytest.mark.parametrize(
    ("files", "unlimited"), [(V1, {"memory.limit_in_bytes": UNLIMITED_V1}), (V2, {"memory.max": "max\n"})]
)
def test_no_limit_is_none(tmp_path: Path, files: dict[str, str], unlimited: dict[str, str]) -> None:
    assert limits(tmp_path, files | unlimited).of("app") is None


def test_a_service_that_nobody_holds_to_a_limit_is_refused(tmp_path: Path) -> None:
    memory = limits(tmp_path, V1)
    assert (memory.of("redis"), memory.used("redis"), memory.kills("redis")) == (None, 0, 0)
    with pytest.raises(BadInput, match="redis is held to no memory limit here"):
        memory.set("redis", 5)


def test_a_group_that_is_gone_with_its_replica_counts_no_more(tmp_path: Path) -> None:
    memory = limits(tmp_path, V2, replicas=1)
    for path in (tmp_path / "app-1").iterdir():
        path.unlink()
    (tmp_path / "app-1").rmdir()
    assert memory.of("app") is None
    assert memory.used("app") == 0
