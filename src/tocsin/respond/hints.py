"""Hints for people: what the evidence shows, step by step, each saying more than the one before and costing more.

They come from the tool's own diagnosis, never from the truth: a hint can be wrong as the evidence can.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from tocsin.model.hypothesis import Hypothesis, Playbook

COSTS = (2.0, 4.0, 8.0, 12.0)
"""Points of the score: where to look, how to tell, what it looks like, what helps."""


@dataclass(frozen=True)
class Hint:
    """One hint, and what it costs in points of the score."""

    text: str
    cost: float


def hints(playbooks: Sequence[Playbook], ranked: Sequence[Hypothesis]) -> list[Hint]:
    """All hints that the present diagnosis gives, in their order; none where nothing is out of the ordinary."""
    first = next((one for one in ranked if one.evidence), None)
    if first is None:
        return []
    texts = [_where_to_look(first)]
    playbook = next((one for one in playbooks if one.cause == first.cause), None)
    if playbook is not None:
        told = playbook.discriminate or playbook.confirm
        if told:
            texts.append(f"How to tell it from look-alikes: {told[0]}")
        texts.append(f"The evidence fits best: {_named(first)}. {playbook.title}.")
        if playbook.remedies:
            step = playbook.remedies[0]
            texts.append(f"The playbook begins with {step.remedy} of {_place(step.target, first)}: {step.why}.")
    return [Hint(text, cost) for text, cost in zip(texts, COSTS, strict=False)]


def _where_to_look(first: Hypothesis) -> str:
    seen = first.evidence[0]
    return f"Look at {seen.entity}: {seen.text} (query: {seen.query})"


def _named(first: Hypothesis) -> str:
    where = f" on {first.target}" if first.target else ""
    return f"{first.cause}{where}, {first.confidence:.0%}"


def _place(target: str, first: Hypothesis) -> str:
    return target.replace("{target}", first.target)
