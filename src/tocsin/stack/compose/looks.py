"""The containers that a stack should have beside those that the engine has."""

from collections.abc import Sequence
from typing import Literal

from tocsin.stack.compose.containers import is_job
from tocsin.stack.compose.engine import NUMBER, SERVICE, Facts
from tocsin.stack.compose.state import ComposeState
from tocsin.stack.composefile import ComposeFile
from tocsin.stack.running import ReplicaLook


def looks_at(state: ComposeState, compose: ComposeFile, listed: Sequence[Facts]) -> list[ReplicaLook]:
    """One look per container of the state file; one that the engine does not list is gone."""
    found = {str(one["Id"]): one for one in listed}
    return [
        ReplicaLook(
            service=one.service,
            name=one.name,
            state=_how(found.get(one.id)),
            identity=f"container {one.container}",
            ports=_ports(found.get(one.id), compose.services[one.service].container_ports),
        )
        for one in state.containers
    ]


def unlisted_of(state: ComposeState, listed: Sequence[Facts]) -> list[str]:
    """Containers that carry the stack's label and that its state does not list, jobs left out; one line each."""
    known = {one.id for one in state.containers}
    return [
        f"container {one['Names'][0].lstrip('/')} runs as {one['Labels'][SERVICE]}-{one['Labels'][NUMBER]} "
        "and is not listed"
        for one in listed
        if str(one["Id"]) not in known and not is_job(one)
    ]


def _how(short: Facts | None) -> Literal["running", "frozen", "gone"]:
    if short is None or short["State"] not in ("running", "paused"):
        return "gone"
    return "frozen" if short["State"] == "paused" else "running"


def _ports(short: Facts | None, wanted: dict[str, int]) -> dict[str, int]:
    published = {
        int(one["PrivatePort"]): int(one["PublicPort"])
        for one in (short or {}).get("Ports") or []
        if "PublicPort" in one
    }
    return {name: published[inside] for name, inside in wanted.items() if inside in published}
