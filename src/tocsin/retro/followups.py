"""Action items: what each is for, how urgent, whose, and the drill that proves it done."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from tocsin.model.hypothesis import Playbook, Prevention
from tocsin.model.run import RunMeta
from tocsin.retro.lessons import Material, expectation

Kind = Literal["prevent", "detect", "mitigate", "investigate", "process"]
_MOST_FROM_PLAYBOOK = 4


@dataclass(frozen=True)
class ActionItem:
    """One thing to do; ``owner`` is a role, ``proof`` a command or a figure that shows it done."""

    kind: Kind
    priority: str
    text: str
    owner: str
    proof: str


def action_items(material: Material) -> list[ActionItem]:
    """Items from unmet expectations, poor remedies and the playbook of the true cause; the most urgent first."""
    found = [*_from_expectations(material), *_from_diagnosis(material), *_from_effects(material)]
    found += _from_predictions(material)
    found += _from_playbook(material)
    return sorted(found, key=lambda item: item.priority)


def _again(m: Material) -> str:
    return m.say("item.held", drill=m.meta.drill_name, seed=m.meta.seed)


def _from_expectations(m: Material) -> Iterator[ActionItem]:
    for invariant in m.state.invariants:
        if not invariant.met:
            yield ActionItem("prevent", "P0", m.say("item.violated", name=invariant.name), _owner(m), _again(m))
    for one in m.state.expectations:
        if one.met:
            continue
        kind: Kind = "detect" if one.name.startswith("detected") else "mitigate"
        got = m.say("nothing") if one.got is None else one.got
        text = m.say("item.unmet", name=expectation(m.say, one.name), want=one.want, got=got)
        yield ActionItem(kind, "P1", text, _owner(m), _again(m))


def _from_diagnosis(m: Material) -> Iterator[ActionItem]:
    if m.graded is None or m.state.classified is None or m.graded.right:
        return
    text = m.say("item.tell_apart", cause=m.graded.cause, named=m.state.classified.cause)
    yield ActionItem("detect", "P1", text, m.say("owner.tooling"), _again(m))


def _from_effects(m: Material) -> Iterator[ActionItem]:
    cause = m.state.classified.cause if m.state.classified else "unknown"
    for effect in m.effects:
        if effect.outcome in ("did nothing", "made it worse"):
            text = m.say("item.step", remedy=effect.action.remedy, cause=cause, effect=effect.text)
            yield ActionItem("mitigate", "P1", text, m.say("owner.playbook"), _again(m))


def _from_predictions(m: Material) -> Iterator[ActionItem]:
    far = {one.remedy for one in m.compared if one.wrong}
    for remedy in sorted(far):
        text, proof = m.say("item.prediction", remedy=remedy), m.say("item.prediction_proof")
        yield ActionItem("investigate", "P2", text, m.say("owner.tooling"), proof)


def _from_playbook(m: Material) -> Iterator[ActionItem]:
    playbook = _playbook(m)
    if playbook is None:
        return
    missing = [one for one in playbook.prevent if not in_place(one, m.meta)]
    for number, one in enumerate(missing[:_MOST_FROM_PLAYBOOK]):
        urgency = "P1" if number == 0 else "P2"
        yield ActionItem(one.kind, urgency, one.what, _owner(m), _proof(m, one))


def in_place(one: Prevention, meta: RunMeta) -> list[str]:
    """The SLOs, silence rules and signals of the run that do already what is asked for."""
    known = {*meta.slos.slos, *meta.slos.silences, *meta.signals}
    return [name for name in one.covered_by if name in known]


def _proof(m: Material, one: Prevention) -> str:
    if one.proof:
        return one.proof.replace("DRILL", m.meta.drill_name)
    if one.kind == "detect":
        return m.say("item.fires", drill=m.meta.drill_name, seed=m.meta.seed)
    worst = m.impacts[0] if m.impacts else None
    if worst is None:
        return _again(m)
    return m.say("item.fewer", bad=max(worst.bad, 1), slo=worst.name)


def _playbook(m: Material) -> Playbook | None:
    cause = m.graded.cause if m.graded else m.state.classified.cause if m.state.classified else None
    return next((one for one in m.meta.playbooks if one.cause == cause), None)


def _owner(m: Material) -> str:
    return m.say("owner.target", target=m.graded.target if m.graded else m.meta.stack)
