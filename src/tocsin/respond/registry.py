"""Remedies by name, and records made from a playbook's steps."""

from pydantic import ValidationError

from tocsin.errors import BadInput
from tocsin.model.hypothesis import RemedyStep
from tocsin.model.remedy import RemedyRecord
from tocsin.model.stack import Stack
from tocsin.respond.remedies.end_blockers import EndBlockers
from tocsin.respond.remedies.raise_cpu import RaiseCpu
from tocsin.respond.remedies.raise_maxmemory import RaiseMaxmemory
from tocsin.respond.remedies.restart import Restart
from tocsin.respond.remedies.scale_out import ScaleOut
from tocsin.respond.remedies.set_flag import SetFlag
from tocsin.respond.remedies.shed_load import ShedLoad
from tocsin.respond.remedies.warm_cache import WarmCache
from tocsin.respond.remedy import Remedy
from tocsin.suggest import nearest

_ALL: tuple[Remedy, ...] = (
    Restart(),
    ScaleOut(),
    RaiseCpu(),
    WarmCache(),
    SetFlag(),
    ShedLoad(),
    EndBlockers(),
    RaiseMaxmemory(),
)
REMEDIES: dict[str, Remedy] = {remedy.name: remedy for remedy in _ALL}


def remedy_named(name: str) -> Remedy:
    """The remedy of that name.

    Raises:
        BadInput: when there is none, with the nearest name.
    """
    if name not in REMEDIES:
        raise BadInput(f"unknown remedy {name!r}; {nearest(name, list(REMEDIES))}")
    return REMEDIES[name]


def check_step(step: RemedyStep) -> None:
    """A step must name a remedy and give it what it needs.

    Raises:
        BadInput: saying what is wrong with it.
    """
    try:
        remedy_named(step.remedy).Parameters.model_validate(step.parameters)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise BadInput(f"remedy {step.remedy}: {key}: {first['msg']}") from error


def plan_remedy(step: RemedyStep, target: str, stack: Stack, record_id: str) -> RemedyRecord:
    """The complete record of one application of a remedy, prior state included; reads only.

    ``target`` is what the diagnosis named: it takes the place of ``{target}`` in the step.
    """
    record = RemedyRecord(
        id=record_id,
        remedy=step.remedy,
        target=step.target.replace("{target}", target),
        parameters=step.parameters,
        stack=stack.reference,
    )
    return remedy_named(step.remedy).plan(stack, record)
