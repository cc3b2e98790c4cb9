"""CPU and memory limits of containers, as the engine has them.

A container that was started with a CPU limit has ``NanoCpus``, and the engine then refuses a quota; one that was not
has 0 there, which could not be set back, and is limited by a quota instead (-1 lifts it). So each container keeps to
its own way, and what was there before can always be put back.
"""

import shlex
from collections.abc import Mapping

from tocsin.errors import TocsinError
from tocsin.stack.compose.engine import Engine, Facts

_PERIOD = 100_000
"""Microseconds of a scheduler period, the engine's own default."""
_BILLION = 1_000_000_000


def cores_of(facts: Facts) -> float | None:
    """The CPU limit of a container in cores; None = unlimited."""
    host = facts["HostConfig"]
    if host.get("NanoCpus"):
        return float(host["NanoCpus"]) / _BILLION
    quota = host.get("CpuQuota") or 0
    return float(quota) / float(host.get("CpuPeriod") or _PERIOD) if quota > 0 else None


def set_cores(engine: Engine, facts: Facts, cores: float | None) -> None:
    """Set the CPU limit of a container in cores; None lifts it."""
    engine.update(str(facts["Id"]), _cpu(facts, cores, engine))


def _cpu(facts: Facts, cores: float | None, engine: Engine) -> Mapping[str, int]:
    if facts["HostConfig"].get("NanoCpus"):
        return {"NanoCpus": round((engine.cores if cores is None else cores) * _BILLION)}
    if cores is None:
        return {"CpuQuota": -1}
    return {"CpuPeriod": _PERIOD, "CpuQuota": round(cores * _PERIOD)}


def cores_by_hand(container: str, cores: float | None, *, started_with_limit: bool) -> str:
    """The command that sets a CPU limit."""
    if started_with_limit and cores is not None:
        return shlex.join(["docker", "update", f"--cpus={cores:g}", container])
    quota = -1 if cores is None else round(cores * _PERIOD)
    return shlex.join(["docker", "update", f"--cpu-period={_PERIOD}", f"--cpu-quota={quota}", container])


def memory_of(facts: Facts) -> int | None:
    """The memory limit of a container in bytes; None = unlimited."""
    return int(facts["HostConfig"].get("Memory") or 0) or None


def set_memory(engine: Engine, facts: Facts, limit: int) -> None:
    """Set the memory limit of a container that has one; the limit with swap is raised along where it must be.

    Raises:
        TocsinError: for a container without a limit: the engine cannot lift one again, so none is ever set.
    """
    swap = int(facts["HostConfig"].get("MemorySwap") or 0)
    if memory_of(facts) is None:
        name = str(facts["Name"]).lstrip("/")
        raise TocsinError(f"{name} was started without a memory limit; the engine could not take one away again")
    beyond = {"MemorySwap": limit * 2} if 0 < swap < limit else {}
    engine.update(str(facts["Id"]), {"Memory": limit} | beyond)


def used_of(stats: Facts) -> int:
    """Bytes that a container uses, what is only cached left out."""
    memory = stats.get("memory_stats") or {}
    details = memory.get("stats") or {}
    return max(
        0, int(memory.get("usage", 0)) - int(details.get("total_inactive_file", details.get("inactive_file", 0)))
    )


def throttled_of(stats: Facts) -> tuple[int, int]:
    """(periods, throttled periods) of a container so far."""
    counts = (stats.get("cpu_stats") or {}).get("throttling_data") or {}
    return int(counts.get("periods", 0)), int(counts.get("throttled_periods", 0))
