"""What went well, what went badly, and where luck helped: sentences that follow from figures, and only from them."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from tocsin.model.run import RunMeta
from tocsin.retro.belief import Graded
from tocsin.retro.effects import Effect
from tocsin.retro.impact import SloImpact
from tocsin.retro.language import ENGLISH, Language
from tocsin.retro.predictions import Compared
from tocsin.retro.rendering import figure
from tocsin.tape.state import ActionState, RunState

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
    say: Language = ENGLISH


def lessons(material: Material) -> Lessons:
    """Sentences with their figures; a list may be empty."""
    return Lessons(list(_well(material)), list(_badly(material)), list(_luck(material)))


def expectation(say: Language, name: str) -> str:
    """What an expectation is called in sentences."""
    known = f"expectation.{name}"
    return say(known) if known in say.phrases else say("expectation.other", name=name.replace("_", " "))


def _well(m: Material) -> Iterator[str]:
    yield from _met_in_time(m)
    yield from _textbook(m)
    yield from _right_diagnosis(m)
    yield from _good_remedies(m)
    if m.state.invariants and all(one.met for one in m.state.invariants):
        yield m.say("lesson.invariants", count=len(m.state.invariants))
    if m.state.phases.get("wind-down") is not None and not m.state.residue:
        yield m.say("lesson.no_residue")


def _met_in_time(m: Material) -> Iterator[str]:
    for one in m.state.expectations:
        if one.met and isinstance(one.want, float) and isinstance(one.got, float):
            yield m.say("lesson.in_time", name=expectation(m.say, one.name), got=one.got, want=one.want)


def _right_diagnosis(m: Material) -> Iterator[str]:
    if m.graded is not None and m.graded.right:
        place = "" if m.graded.right_target else m.say("lesson.other_target")
        wrong = m.graded.seconds_wrong
        after = m.say("lesson.right_after", wrong=wrong) if wrong > 0 else m.say("lesson.right_at_once")
        yield m.say("lesson.right", cause=m.graded.cause, place=place, after=after)


def _good_remedies(m: Material) -> Iterator[str]:
    for action in m.state.actions:
        if action.error == "" and _lifted_by(m.state, action):
            yield m.say("lesson.lifted", remedy=action.remedy, target=action.target)
    for effect in m.effects:
        if effect.outcome in ("helped", "helped in part"):
            yield _with_caveat(effect)
    for one in m.compared:
        if one.right:
            yield _predicted(m, one)


def _predicted(m: Material, one: Compared) -> str:
    return m.say("lesson.predicted", remedy=one.remedy, name=one.name, predicted=one.predicted, measured=one.measured)


def _textbook(m: Material) -> Iterator[str]:
    first = min((t for t, _ in m.state.textbook.values()), default=None)
    detected = m.state.stamps.detected
    if detected is None:
        return
    if first is None:
        yield m.say("lesson.textbook_never")
    elif first - detected >= 1.0:
        yield m.say("lesson.textbook_later", seconds=first - detected)


def _badly(m: Material) -> Iterator[str]:
    yield from _unmet(m)
    for breach in m.state.false_breaches:
        yield m.say("lesson.false", slo=breach.slo, at=breach.at)
    if m.graded is not None and m.state.classified is not None and not m.graded.right:
        yield m.say("lesson.wrong", named=m.state.classified.cause, cause=m.graded.cause)
    yield from _poor_remedies(m)
    for impact in m.impacts:
        if impact.budget_used > 1.0:
            yield m.say(
                "lesson.bad_events", slo=impact.name, bad=impact.bad, total=impact.total, times=impact.budget_used
            )


def _unmet(m: Material) -> Iterator[str]:
    for one in m.state.expectations:
        if not one.met:
            got = m.say("nothing") if one.got is None else one.got
            yield m.say("lesson.unmet", name=expectation(m.say, one.name), want=one.want, got=got)
    for invariant in m.state.invariants:
        if not invariant.met:
            yield m.say("lesson.violated", name=invariant.name, detail=invariant.detail)
    for criterion in m.state.criteria:
        if criterion.met is False and criterion.measured is not None:
            got = f"{figure(criterion.measured)} {criterion.unit}".strip()
            yield m.say("lesson.criterion", title=criterion.title, got=got, target=criterion.target)


def _poor_remedies(m: Material) -> Iterator[str]:
    for action in m.state.actions:
        if action.error:
            yield m.say("lesson.failed", remedy=action.remedy, target=action.target, error=action.error)
    yield from _poor_effects(m.effects)
    for compared in m.compared:
        if compared.wrong:
            yield _predicted(m, compared)


def _luck(m: Material) -> Iterator[str]:
    state = m.state
    mitigated = state.stamps.mitigated
    removed = next((one.reverted for one in state.injections if one.lifted is None), None)
    if mitigated is not None and not state.actions:
        yield m.say("lesson.by_itself")
    if mitigated is not None and removed is not None and mitigated + _CLEARLY < removed:
        yield m.say("lesson.not_repaired", mitigated=mitigated, removed=removed)
    unhurt = [one.name for one in m.impacts if one.bad == 0 and one.total > 0]
    if unhurt and len(unhurt) < len(m.impacts):
        yield m.say("lesson.spared", slos=", ".join(unhurt))
    if state.load is not None and m.impacts:
        yield m.say("lesson.load", rps=state.load.rps, scale=m.meta.drill.load.scale)


def _poor_effects(effects: list[Effect]) -> Iterator[str]:
    for effect in effects:
        if effect.outcome in ("did nothing", "made it worse"):
            yield _with_caveat(effect)
        if effect.price:
            yield effect.say.sentence(effect.price)


def _with_caveat(effect: Effect) -> str:
    return effect.say("effect.caveat", text=effect.text, caveat=effect.caveat) if effect.caveat else f"{effect.text}."


def _lifted_by(state: RunState, action: ActionState) -> bool:
    return any(one.lifted_by == f"{action.remedy} of {action.target}" for one in state.injections)
