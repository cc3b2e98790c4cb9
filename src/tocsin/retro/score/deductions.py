"""What is taken off: remedies that nothing needed, and hints."""

from collections.abc import Iterator, Sequence

from tocsin.retro.effects import Effect
from tocsin.retro.language import Language
from tocsin.retro.score.total import Deduction

NEEDLESS, NOTHING_TO_MEND, NO_EFFECT = 10.0, 5.0, 3.0
"""Points for a remedy where nothing was broken, where every SLO was met, and for one that did nothing."""


def unneeded(effects: Sequence[Effect], say: Language, *, broken: bool) -> Iterator[Deduction]:
    """Every remedy that was not needed."""
    for effect in effects:
        what = {"remedy": effect.action.remedy, "target": effect.action.target}
        if not broken:
            yield Deduction("unneeded", NEEDLESS, say("score.nothing_broken", **what))
        elif effect.outcome == "nothing to mend":
            yield Deduction("unneeded", NOTHING_TO_MEND, say("score.nothing_to_mend", **what))
        elif effect.outcome == "did nothing":
            yield Deduction("unneeded", NO_EFFECT, say("score.no_effect", **what))


def hints(costs: Sequence[float], say: Language) -> Iterator[Deduction]:
    """All hints of somebody, in one line."""
    if costs:
        yield Deduction("hints", sum(costs), say("score.hints", count=len(costs)))
