"""Playbooks: the remedies follow from the first hypothesis, so that a wrong diagnosis costs what it costs."""

from collections.abc import Sequence
from pathlib import Path

from tocsin.errors import BadInput
from tocsin.model.hypothesis import Hypothesis, Playbook, RemedyStep
from tocsin.respond.registry import REMEDIES, check_step


def remedy_names() -> list[str]:
    """Names of all remedies."""
    return sorted(REMEDIES)


def check_playbook(playbook: Playbook, path: Path) -> None:
    """Every step must name a known remedy with the parameters it takes.

    Raises:
        BadInput: naming the file and the step.
    """
    for number, step in enumerate(playbook.remedies, start=1):
        try:
            check_step(step)
        except BadInput as error:
            raise BadInput(f"{path}: remedies, step {number}: {error.message}") from error


def choose(
    playbooks: Sequence[Playbook], hypothesis: Hypothesis, forbid: Sequence[str]
) -> tuple[list[RemedyStep], list[str]]:
    """The steps to take, and a line for everything that was left out and why."""
    found = next((playbook for playbook in playbooks if playbook.cause == hypothesis.cause), None)
    if found is None:
        return [], [f"there is no playbook for {hypothesis.cause}: nothing is done"]
    steps = [step for step in found.remedies if step.remedy not in forbid]
    left_out = [f"{step.remedy} is forbidden in this drill" for step in found.remedies if step.remedy in forbid]
    return steps, left_out
