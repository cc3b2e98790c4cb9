"""From a drill's words to an injection record: is the fault known, the target allowed, are the parameters right?"""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from tocsin.errors import BadInput, TocsinError
from tocsin.inject.registry import load_fault
from tocsin.model.drill import FaultPlan
from tocsin.model.fault import Injection
from tocsin.model.stack import Stack
from tocsin.model.topology import Edge, ServiceNode, Topology
from tocsin.suggest import nearest

EDGE = "edge"
"""Component of a fault whose target is an edge and not a service."""
REBUILD = "rebuild"
"""The hook that restores from the source of truth what a fault has destroyed."""


def check_fault(plan: FaultPlan, topology: Topology) -> None:
    """Everything that can be known about an injection before anything is started.

    Raises:
        BadInput: unknown fault or target, a target that does not allow it, no way to undo it, wrong parameters.
    """
    fault = load_fault(plan.fault)
    edges = fault.spec.component == EDGE
    places: Mapping[str, ServiceNode | Edge] = _proxied(topology) if edges else topology.services
    place = places.get(plan.target)
    if place is None:
        kind = "edge" if edges else "target"
        raise BadInput(f"unknown {kind} {plan.target!r}; {nearest(plan.target, list(places))}")
    if plan.fault not in place.allow:
        allowed = ", ".join(place.allow) or "none"
        raise BadInput(
            f"{plan.target} does not allow {plan.fault}; it allows: {allowed}",
            hint=f"A service or edge opts in with `allow` in compose/{topology.stack}/compose.yaml.",
        )
    if fault.spec.undo == "rebuild" and REBUILD not in topology.hooks:
        raise BadInput(
            f"{plan.fault} is undone by rebuilding, and the stack {topology.stack} has no hook {REBUILD!r}",
            hint=f"A stack offers it with `hooks` in compose/{topology.stack}/compose.yaml.",
        )
    _parameters(fault.spec.id, plan.parameters)


def _proxied(topology: Topology) -> dict[str, Edge]:
    return {name: edge for name, edge in topology.edges.items() if edge.proxied}


def plan_injection(plan: FaultPlan, stack: Stack, injection_id: str, *, confirmed: bool = False) -> Injection:
    """The complete record of one injection, prior state included; reads only.

    ``confirmed``: a person has agreed to faults that cannot be undone; the guardian refuses them without that.
    """
    check_fault(plan, stack.topology)
    fault = load_fault(plan.fault)
    record = Injection(
        id=injection_id,
        fault=plan.fault,
        cause=fault.spec.cause,
        target=plan.target,
        parameters=_parameters(plan.fault, plan.parameters),
        duration=plan.duration,
        confirmed=confirmed,
        stack=stack.reference,
    )
    try:
        return fault.plan(stack, record)
    except TocsinError:
        raise
    except Exception as error:  # a fault is a plug-in and may raise anything
        raise TocsinError(f"{plan.fault} could not be planned: {type(error).__name__}: {error}") from error


def _parameters(name: str, given: dict[str, Any]) -> dict[str, Any]:
    model = load_fault(name).Parameters
    try:
        return model.model_validate(given).model_dump()
    except ValidationError as error:
        lines = []
        for item in error.errors():
            key = ".".join(str(step) for step in item["loc"])
            hint = f"; {nearest(key, list(model.model_fields))}" if item["type"] == "extra_forbidden" else ""
            lines.append(f"{name}: parameter {key!r}: {item['msg']}{hint}")
        raise BadInput("\n".join(lines)) from error
