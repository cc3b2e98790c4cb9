"""Looking at a stack, without any ledger, for what a fault could have left behind."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from tocsin.errors import StackGone, TocsinError
from tocsin.model.stack import same_cores
from tocsin.stack.running import RunningStack
from tocsin.stack.servers import server_residue

_PATIENCE = 2.0
_ADDRESS = re.compile(r" object at 0x[0-9a-f]+")
"""What makes the same error read differently each time; lines of two scans are compared."""


def stack_residue(stack: RunningStack) -> list[str]:
    """One line for everything that is not as the stack's own plan has it; empty when all is well.

    Never raises for a stack that is broken: what cannot be read is a line of its own. Takes a few seconds at most. A
    stack that was taken down meanwhile has nothing left.
    """
    looks: list[tuple[str, Callable[[RunningStack], list[str]]]] = [
        ("replicas", _replicas),
        ("edges", _edges),
        ("CPU limits", _limits),
        ("operator flags", _flags),
        ("servers", server_residue),
    ]
    with ThreadPoolExecutor(max_workers=len(looks), thread_name_prefix="residue") as pool:
        found = [pool.submit(_one, name, look, stack) for name, look in looks]
    try:
        return [line for future in found for line in future.result()]
    except StackGone:
        return []


def _one(name: str, look: Callable[[RunningStack], list[str]], stack: RunningStack) -> list[str]:
    """One look; what goes wrong is a line of it."""
    try:
        return look(stack)
    except StackGone:
        raise
    except (TocsinError, OSError, ValueError) as error:
        text = error.message if isinstance(error, TocsinError) else f"{type(error).__name__}: {error}"
        return [f"the {name} cannot be read: {_ADDRESS.sub('', text)}"]


def _replicas(stack: RunningStack) -> list[str]:
    """Frozen or missing ones, more or fewer than planned, and processes that nobody has written down."""
    replicas = stack.looks()
    found = [f"{replica.name} is {replica.state}" for replica in replicas if replica.state != "running"]
    for service, planned in stack.planned.planned_replicas.items():
        count = sum(replica.service == service for replica in replicas)
        if count != planned:
            found.append(f"{service} has {count} replicas, planned are {planned}")
    return found + stack.unlisted()


def _edges(stack: RunningStack) -> list[str]:
    found = []
    for name, edge in stack.topology.edges.items():
        if not edge.proxied:
            continue
        enabled = stack.edge_enabled(name)
        if enabled is None:
            found.append(f"the proxy of {name} is missing")
            continue
        found += [] if enabled else [f"the proxy of {name} is closed"]
        found += [f"toxic {toxic['name']} on {name}" for toxic in stack.toxics(name)]
    return found


def _limits(stack: RunningStack) -> list[str]:
    return [
        f"CPU limit of {replica} is {now}, planned is {planned}"
        for service, planned in stack.planned.planned_limits.items()
        for replica, now in stack.cpu_limits(service).items()
        if not same_cores(now, planned)
    ]


def _flags(stack: RunningStack) -> list[str]:
    planned = stack.planned_flags()
    now = stack.flags(timeout=_PATIENCE) if planned else {}
    return [
        f"flag {name} is {now.get(name)}, planned is {was}" for name, was in planned.items() if now.get(name) != was
    ]
