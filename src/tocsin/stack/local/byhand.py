"""What a person types when the tool cannot undo: exact commands for this machine."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tocsin.model.stack import Replica
from tocsin.stack.local import cgroup
from tocsin.stack.local.state import StackState

_CURL = "curl -s --noproxy 127.0.0.1"


def commands(
    state: StackState,
    holds: str,
    target: str,
    replicas: Sequence[Replica],
    prior: Mapping[str, Any],
    urls: Mapping[str, str],
) -> list[str]:
    """Commands by what an injection took hold of: processes, a CPU limit, edges, or data."""
    if holds == "process":
        return [f"kill -CONT -- -{replica.pid}   # {replica.name}, if it is frozen" for replica in replicas]
    if holds == "cpu":
        groups = [Path(one.cgroup) for one in state.replicas if one.service == target and one.cgroup]
        return [cgroup.by_hand(group, prior.get("cores")) for group in groups]
    if holds == "edge":
        edges = prior.get("edges") or [target]
        return [f"{_CURL} {urls['toxiproxy']}/proxies/{edge}/toxics   # then -X DELETE .../NAME" for edge in edges]
    return [f"{_CURL} -X POST {urls['rebuild']}"] if "rebuild" in urls else []
