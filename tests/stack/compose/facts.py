"""What ``docker inspect`` says of a stack's containers, as far as a fault could change it."""

from typing import Any

from tocsin.stack.compose.backend import ComposeStack
from tocsin.stack.compose.engine import connect


def facts(stack: ComposeStack) -> dict[str, Any]:
    """State and limits of every container, and the state and toxics of every proxied edge."""
    found: dict[str, Any] = {}
    for one in stack.state.containers:
        whole = connect().look(one.id)
        assert whole is not None
        host = whole["HostConfig"]
        found[one.name] = (
            whole["State"]["Status"],
            *(host[key] for key in ("NanoCpus", "CpuQuota", "CpuPeriod", "Memory", "MemorySwap")),
        )
    for edge in stack.state.edges:
        found[edge] = (stack.edge_enabled(edge), stack.toxics(edge))
    return found
