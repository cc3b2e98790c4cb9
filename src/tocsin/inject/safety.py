"""Safety limits: what a drill's faults may do together, said before anything is started, and checked again on plans."""

from collections.abc import Sequence
from itertools import combinations

from tocsin.errors import BadInput
from tocsin.inject.plan import EDGE
from tocsin.inject.registry import load_fault
from tocsin.model.drill import FaultPlan
from tocsin.model.fault import Injection
from tocsin.model.limits import Limits
from tocsin.model.stack import Stack
from tocsin.model.topology import Topology


def too_long(plan: FaultPlan, limits: Limits) -> str:
    """What is wrong with a fault's length; empty when nothing is."""
    if plan.duration <= limits.longest:
        return ""
    return f"{plan.fault} for {plan.duration:g} s is longer than the {limits.longest:g} s that the limits allow"


def too_many(plans: Sequence[FaultPlan], limits: Limits) -> str:
    """What is wrong with how many are in place at once; empty when nothing is."""
    for plan in plans:
        together = sum(other.at <= plan.at < other.at + other.duration for other in plans)
        if together > limits.at_once:
            return f"{together} faults are in place at {plan.at:g} s, the limits allow {limits.at_once}"
    return ""


def fights(plans: Sequence[FaultPlan], topology: Topology) -> list[tuple[int, str]]:
    """(index, what is wrong) of every fault that would fight an earlier one over the same thing at the same time."""
    found = []
    for (_, one), (index, other) in combinations(enumerate(plans), 2):
        shared = claims(one, topology) & claims(other, topology)
        if shared and one.at < other.at + other.duration and other.at < one.at + one.duration:
            found.append((index, f"{other.fault} and {one.fault} would fight over {', '.join(sorted(shared))}"))
    return found


def claims(plan: FaultPlan, topology: Topology) -> set[str]:
    """What an injection takes hold of, by name.

    Data and settings can only be put back while the processes run, and a memory limit may end them: all three are held
    with the processes.
    """
    spec = load_fault(plan.fault).spec
    if spec.component == EDGE:
        return {f"the edge {plan.target}"}
    if spec.holds == "edge":
        return {f"the edge {edge.name}" for edge in topology.edges_into(plan.target) if edge.proxied}
    held = {"process", spec.holds} if spec.holds in ("data", "settings", "memory") else {spec.holds}
    return {f"the {_WORDS[one]} of {plan.target}" for one in held}


def check_share(injection: Injection, stack: Stack, limits: Limits) -> None:
    """A planned injection must not take more of a service's replicas than the limits allow.

    A fault that names no replicas (a CPU limit, an edge, data, settings) takes the whole of its target.

    Raises:
        BadInput: naming both shares.
    """
    total = len(stack.replicas(injection.target)) if injection.replicas else 0
    share = len(injection.replicas) / total if total else 1.0
    if share > limits.share + 1e-9:
        taken = f"{len(injection.replicas)} of {total} replicas" if total else "the whole"
        raise BadInput(
            f"{injection.fault} would take {taken} of {injection.target}; the limits allow {limits.share:.0%}"
        )


def check_confirmed(fault: str, *, confirmed: bool) -> None:
    """What cannot be undone wants a person's word.

    Raises:
        BadInput: when nobody has given it.
    """
    if load_fault(fault).spec.undo == "irreversible" and not confirmed:
        raise BadInput(f"{fault} cannot be undone", hint="Say --yes if that is what you want.")


_WORDS = {"process": "processes", "cpu": "CPU limit", "memory": "memory limit", "data": "data", "settings": "settings"}
