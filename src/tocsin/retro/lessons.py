"""What went well, what went badly, and where luck helped: sentences that follow from figures, and only from them."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from tocsin.model.run import RunMeta
from tocsin.retro.belief import Graded
from tocsin.retro.effects import Effect
from tocsin.retro.impact import SloImpact
from tocsin.retro.predictions import Compared
from tocsin.retro.rendering import figure
from tocsin.tape.fold import ActionState, RunState

_CLEARLY = 5.0
"""Seconds that two moments must lie apart for a lesson to be drawn from their order."""


@dataclass(frozen=True)
class Lessons:
    """Three lists of sentences."""

    well: list[str]
    badly: list[str]
    luck: list[str]


@dataclass(frozen=True)
class Material:
    """What lessons are drawn from."""

    meta: RunMeta
    state: RunState
    impacts: list[SloImpact]
    graded: Graded | None
    compared: list[Compared]
    effects: list[Effect] = field(default_factory=list)


def lessons(material: Material) -> Lessons:
    """Sentences with their figures; a list may be empty."""
    return Lessons(list(_well(material)), list(_badly(material)), list(_luck(material)))


def _well(m: Material) -> Iterator[str]:
    yield from _met_in_time(m.state)
    yield from _textbook(m.state)
    yield from _right_diagnosis(m)
    yield from _good_remedies(m)
    if m.state.invariants and all(one.met for one in m.state.invariants):
        yield f"All {len(m.state.invariants)} invariants held on the source of truth."
    if m.state.phases.get("wind-down") is not None and not m.state.residue:
        yield "Nothing was left behind: the residue scan found nothing."


def _met_in_time(state: RunState) -> Iterator[str]:
    for one in state.expectations:
        if one.met and isinstance(one.want, float) and isinstance(one.got, float):
            yield f"{one.name.replace('_', ' ')}: {one.got:.1f} s where {one.want:.0f} s were allowed."


def _right_diagnosis(m: Material) -> Iterator[str]:
    if m.graded is not None and m.graded.right:
        rank = "" if m.graded.right_target else " (another target, though)"
        wrong = m.graded.seconds_wrong
        after = (
            f", after {wrong:.1f} s of another one being first" if wrong > 0 else ", and it was first from the start"
        )
        yield f"The first hypothesis acted on was right: {m.graded.cause}{rank}{after}."


def _good_remedies(m: Material) -> Iterator[str]:
    for action in m.state.actions:
        if action.error == "" and _lifted_by(m.state, action):
            yield f"{action.remedy} of {action.target} took the fault away, before the drill did."
    for effect in m.effects:
        if effect.outcome in ("helped", "helped in part"):
            yield _with_caveat(effect)
    for one in m.compared:
        if one.right:
            yield f"{one.remedy}: {one.name} was predicted as {one.predicted:.3g} and came to {one.measured:.3g}."


def _textbook(state: RunState) -> Iterator[str]:
    first = min((t for t, _ in state.textbook.values()), default=None)
    if state.stamps.detected is None:
        return
    if first is None:
        yield "The page came although the textbook burn-rate rule (1 h and 5 min at 14.4x) never fired in this run."
    elif first - state.stamps.detected >= 1.0:
        yield f"The page came {first - state.stamps.detected:.0f} s before the textbook burn-rate rule fired."


def _badly(m: Material) -> Iterator[str]:
    yield from _unmet(m.state)
    for breach in m.state.false_breaches:
        yield f"{breach.slo} was judged broken at {breach.at:.0f} s, before anything was."
    if m.graded is not None and m.state.classified is not None and not m.graded.right:
        yield f"The diagnosis was {m.state.classified.cause}; the truth was {m.graded.cause}."
    yield from _poor_remedies(m)
    for impact in m.impacts:
        if impact.budget_used > 1.0:
            yield (
                f"{impact.name}: {impact.bad:.0f} of {impact.total:.0f} events were bad, "
                f"{impact.budget_used:.1f} times what its budget allowed for these seconds."
            )


def _unmet(state: RunState) -> Iterator[str]:
    for one in state.expectations:
        if not one.met:
            got = "nothing" if one.got is None else one.got
            yield f"{one.name.replace('_', ' ')} was not met: wanted {one.want}, got {got}."
    for invariant in state.invariants:
        if not invariant.met:
            yield f"The invariant {invariant.name} was violated: {invariant.detail}."
    for criterion in state.criteria:
        if criterion.met is False and criterion.measured is not None:
            got = f"{figure(criterion.measured)} {criterion.unit}".strip()
            yield f"{criterion.title}: {got} where {criterion.target} was wanted."


def _poor_remedies(m: Material) -> Iterator[str]:
    for action in m.state.actions:
        if action.error:
            yield f"{action.remedy} of {action.target} failed: {action.error}."
    yield from _poor_effects(m.effects)
    for compared in m.compared:
        if compared.wrong:
            yield (
                f"{compared.remedy}: {compared.name} was predicted as {compared.predicted:.3g} and came to "
                f"{compared.measured:.3g}."
            )


def _luck(m: Material) -> Iterator[str]:
    state = m.state
    mitigated = state.stamps.mitigated
    removed = next((one.reverted for one in state.injections if one.lifted is None), None)
    if mitigated is not None and not state.actions:
        yield "The system was well again before anybody acted; nothing that was done can take credit for it."
    if mitigated is not None and removed is not None and mitigated + _CLEARLY < removed:
        yield (
            f"The SLOs were met from {mitigated:.0f} s on while the fault stayed in place until {removed:.0f} s: "
            "mitigated, not repaired."
        )
    unhurt = [one.name for one in m.impacts if one.bad == 0 and one.total > 0]
    if unhurt and len(unhurt) < len(m.impacts):
        yield f"Where the fault struck spared {', '.join(unhurt)}: not one bad event."
    if state.load is not None and m.impacts:
        scale = m.meta.drill.load.scale
        yield (
            f"It happened at {state.load.rps:.0f} requests/s (scale {scale:g}); bad events and backlog grow at least "
            "in proportion to the load."
        )


def _poor_effects(effects: list[Effect]) -> Iterator[str]:
    for effect in effects:
        if effect.outcome in ("did nothing", "made it worse"):
            yield _with_caveat(effect)
        if effect.price:
            yield f"{effect.price[:1].upper()}{effect.price[1:]}."


def _with_caveat(effect: Effect) -> str:
    return f"{effect.text}." + (f" In the seconds compared, {effect.caveat}." if effect.caveat else "")


def _lifted_by(state: RunState, action: ActionState) -> bool:
    return any(one.lifted_by == f"{action.remedy} of {action.target}" for one in state.injections)
