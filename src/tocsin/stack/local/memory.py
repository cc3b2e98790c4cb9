"""Memory limits of replicas, where the kernel keeps them by cgroup (version 1 or 2)."""

from pathlib import Path

from tocsin.errors import BadInput
from tocsin.stack.local.state import ReplicaState, StackState

_UNLIMITED = 1 << 60
"""Bytes from which a limit of cgroup v1 means none."""


class MemoryLimits:
    """The memory limits of one stack's replicas."""

    def __init__(self, state: StackState) -> None:
        self._state = state

    def of(self, service: str) -> int | None:
        """The limit in force in bytes, that of the first replica; None = unlimited, or kept by nobody here."""
        groups = self._groups(service)
        return _limit(groups[0]) if groups else None

    def set(self, service: str, limit: int) -> None:
        """Set the limit of every replica, in bytes.

        Raises:
            BadInput: where no cgroup holds the service to a limit.
            OSError: when the kernel refuses: more than that is in use and cannot be given back.
        """
        groups = self._groups(service)
        if not groups:
            raise BadInput(
                f"{service} is held to no memory limit here",
                hint="It takes writable memory cgroups, and `memory: true` in the service's x-tocsin.local.",
            )
        for group in groups:
            _file(group, "memory.max", "memory.limit_in_bytes").write_text(str(limit), encoding="ascii")

    def used(self, service: str) -> int:
        """Bytes that the largest replica uses, what is only cached left out."""
        return max(map(_used, self._groups(service)), default=0)

    def kills(self, service: str) -> int:
        """How often the kernel has killed for want of memory, over all replicas."""
        return sum(_fields(_file(group, "memory.events", "memory.oom_control")).get("oom_kill", 0)
                   for group in self._groups(service))  # fmt: skip

    def by_hand(self, service: str, limit: int | None) -> list[str]:
        """Shell commands that set the limit of every replica."""
        files = [_file(group, "memory.max", "memory.limit_in_bytes") for group in self._groups(service)]
        return [f"echo {limit} > {file}" for file in files]

    def _groups(self, service: str) -> list[Path]:
        replicas: list[ReplicaState] = [one for one in self._state.replicas if one.service == service]
        return [Path(one.memory_cgroup) for one in replicas if one.memory_cgroup and Path(one.memory_cgroup).is_dir()]


def _file(group: Path, unified: str, classic: str) -> Path:
    return group / unified if (group / unified).exists() else group / classic


def _limit(group: Path) -> int | None:
    text = _file(group, "memory.max", "memory.limit_in_bytes").read_text(encoding="ascii").strip()
    return None if text == "max" or int(text) >= _UNLIMITED else int(text)


def _used(group: Path) -> int:
    whole = int(_file(group, "memory.current", "memory.usage_in_bytes").read_text(encoding="ascii"))
    details = _fields(group / "memory.stat")
    return max(0, whole - details.get("total_inactive_file", details.get("inactive_file", 0)))


def _fields(path: Path) -> dict[str, int]:
    try:
        lines = path.read_text(encoding="ascii").splitlines()
    except OSError:
        return {}
    return {name: int(value) for name, _, value in (line.partition(" ") for line in lines) if value.isdigit()}
