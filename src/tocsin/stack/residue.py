"""Looking at a stack, without any ledger, for what a fault could have left: frozen processes, toxics, quotas."""

from tocsin.errors import TocsinError
from tocsin.stack.local.backend import LocalStack


def stack_residue(stack: LocalStack) -> list[str]:
    """One line for everything that is not as the stack's own plan has it; empty when all is well."""
    state = stack.state
    found = []
    for replica in state.replicas:
        if stack.is_frozen(replica.replica):
            found.append(f"{replica.name} is frozen")
        elif not stack.is_alive(replica.replica):
            found.append(f"{replica.name} is gone")
    for name, edge in stack.topology.edges.items():
        if edge.proxied:
            found += _toxics(stack, name)
    for service, planned in state.planned_limits.items():
        now = stack.cpu_limit(service)
        if now != planned:
            found.append(f"CPU limit of {service} is {now}, planned is {planned}")
    return found


def _toxics(stack: LocalStack, edge: str) -> list[str]:
    try:
        closed = [] if stack.edge_enabled(edge) else [f"the proxy of {edge} is missing or closed"]
        return closed + [f"toxic {toxic['name']} on {edge}" for toxic in stack.toxics(edge)]
    except TocsinError as error:
        return [f"the toxics of {edge} cannot be read: {error.message}"]
