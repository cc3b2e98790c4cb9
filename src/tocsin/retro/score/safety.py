"""Safety: whether data stayed whole, what the remedies themselves cost, and what was left behind."""

from collections.abc import Iterator, Sequence

from tocsin.model.event import InvariantChecked
from tocsin.retro.effects import Effect
from tocsin.retro.language import Language

VIOLATED, WORSE, PRICE, FAILED, RESIDUE = 0.5, 0.35, 0.15, 0.1, 0.35
"""Shares of the part that are lost by each: data, an SLO made worse, or hurt meanwhile, a failure, residue."""


def safety(
    effects: Sequence[Effect], invariants: Sequence[InvariantChecked], residue: Sequence[str], say: Language
) -> tuple[float, str]:
    """(share of the part from 0 to 1, why)."""
    lost = [*_by_invariants(invariants, say), *_by_remedies(effects, say), *_by_residue(residue, say)]
    share = max(0.0, 1.0 - sum(cost for cost, _ in lost))
    return share, "; ".join(text for _, text in lost) or say("score.safe")


def _by_invariants(invariants: Sequence[InvariantChecked], say: Language) -> Iterator[tuple[float, str]]:
    for one in invariants:
        if not one.met:
            yield VIOLATED, say("score.violated", name=one.name, cost=VIOLATED)


def _by_remedies(effects: Sequence[Effect], say: Language) -> Iterator[tuple[float, str]]:
    for effect in effects:
        if effect.outcome == "made it worse":
            yield WORSE, say("score.lost", text=effect.text, cost=WORSE)
        elif effect.outcome == "failed":
            yield FAILED, say("score.lost", text=effect.text, cost=FAILED)
        if effect.price:
            yield PRICE, say("score.lost", text=effect.price, cost=PRICE)


def _by_residue(residue: Sequence[str], say: Language) -> Iterator[tuple[float, str]]:
    if residue:
        yield RESIDUE, say("score.residue", what="; ".join(residue), cost=RESIDUE)
