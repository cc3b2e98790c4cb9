"""Which step of which playbook a person means by a remedy and a target."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tocsin.errors import BadInput
from tocsin.model.hypothesis import Playbook, RemedyStep
from tocsin.model.topology import Topology
from tocsin.respond.registry import check_step, remedy_named
from tocsin.suggest import nearest

TARGET = "{target}"


@dataclass(frozen=True)
class Wish:
    """What a person asks for; ``parameters`` None = the playbook's own; ``believed`` their causes, likeliest first."""

    remedy: str
    target: str = ""
    cause: str = ""
    parameters: dict[str, Any] | None = None
    believed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Choice:
    """A step, and the target that takes the place of ``{target}`` in it."""

    step: RemedyStep
    target: str

    @property
    def acts_on(self) -> str:
        """The service that the remedy is done to."""
        return self.step.target.replace(TARGET, self.target)


def choose_step(playbooks: Sequence[Playbook], topology: Topology, wish: Wish) -> Choice:
    """The step that fits best: of the named playbook, else of those believed in, else of any.

    Raises:
        BadInput: unknown remedy, cause or target, no such step, or parameters that the remedy does not take.
    """
    remedy_named(wish.remedy)
    causes = [playbook.cause for playbook in playbooks]
    if wish.cause and wish.cause not in causes:
        raise BadInput(f"there is no playbook for {wish.cause!r}; {nearest(wish.cause, causes)}")
    services = list(topology.services)
    if wish.target and wish.target not in services:
        raise BadInput(f"unknown target {wish.target!r}; {nearest(wish.target, services)}")
    found = [
        (playbook, step)
        for playbook in _in_order(playbooks, wish)
        for step in playbook.remedies
        if step.remedy == wish.remedy and _fits(playbook, step, topology, wish.target)
    ]
    if not found:
        raise BadInput(_no_step(playbooks, wish))
    playbook, step = found[0]
    if wish.parameters is not None:
        step = step.model_copy(update={"parameters": wish.parameters})
        check_step(step)
    return Choice(step, wish.target if step.target == TARGET else _the_one(playbook, topology, wish))


def _in_order(playbooks: Sequence[Playbook], wish: Wish) -> list[Playbook]:
    if wish.cause:
        return [playbook for playbook in playbooks if playbook.cause == wish.cause]
    order = {cause: number for number, cause in enumerate(wish.believed)}
    return sorted(playbooks, key=lambda playbook: order.get(playbook.cause, len(order)))


def _fits(playbook: Playbook, step: RemedyStep, topology: Topology, target: str) -> bool:
    """A step that names its own target fits that one, or none being named; another a target of the playbook's kind."""
    if step.target != TARGET:
        return target in ("", step.target)
    return target in topology.services and topology.services[target].component == playbook.component


def _the_one(playbook: Playbook, topology: Topology, wish: Wish) -> str:
    """What the playbook is about, where the step itself acts on something else."""
    about = [node.name for node in topology.services.values() if node.component == playbook.component]
    return wish.target or (about[0] if about else "")


def _no_step(playbooks: Sequence[Playbook], wish: Wish) -> str:
    targets = sorted(
        {step.target for playbook in playbooks for step in playbook.remedies if step.remedy == wish.remedy}
    )
    where = f" of {wish.cause}" if wish.cause else ""
    if not targets:
        return f"no playbook{where} has the remedy {wish.remedy}"
    if not wish.target and targets == [TARGET]:
        return f"{wish.remedy} needs a target: the service at fault"
    named = ", ".join("the service at fault" if target == TARGET else target for target in targets)
    return f"no playbook{where} has {wish.remedy} for {wish.target or 'no target'}; it acts on: {named}"
