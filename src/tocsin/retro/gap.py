"""The detection gap: how long each step from the fault to the page took, and why."""

from dataclasses import dataclass

from tocsin.model.run import RunMeta
from tocsin.model.slo import Breach, Deadline
from tocsin.retro.language import ENGLISH, Language
from tocsin.tape.state import RunState


@dataclass(frozen=True)
class Step:
    """One step on the way to a page, in seconds since the start of the run, with its reason."""

    name: str
    start: float
    end: float
    why: str

    @property
    def seconds(self) -> float:
        """How long it took."""
        return self.end - self.start


def detection_gap(meta: RunMeta, state: RunState, say: Language = ENGLISH) -> list[Step]:
    """Fault to trace, trace to evidence, evidence to page, for the first page; empty when nothing paged."""
    return page_steps(meta, state, state.breaches[0], say) if state.breaches else []


def page_steps(meta: RunMeta, state: RunState, breach: Breach, say: Language = ENGLISH) -> list[Step]:
    """The steps of one page; they adjoin."""
    injected = state.stamps.injected
    caused = injected is not None and injected <= breach.at
    begun = max(breach.impact, injected) if caused and injected is not None else breach.impact
    evidence = min(max(breach.second + 1.0, begun), breach.at)
    steps = [
        Step(say("gap.rule"), begun, evidence, _rule(meta, breach, say)),
        Step(say("gap.reading"), evidence, breach.at, say("gap.why.reading")),
    ]
    if caused and injected is not None:
        steps.insert(0, Step(say("gap.none"), injected, begun, _trace(meta, breach, say)))
    return steps


def _trace(meta: RunMeta, breach: Breach, say: Language) -> str:
    slo = meta.slos.slos.get(breach.slo)
    if slo is None:
        return say("gap.why.silent")
    if isinstance(slo.sli, Deadline):
        return say("gap.why.deadline", within=slo.sli.within)
    return say("gap.why.share")


def _rule(meta: RunMeta, breach: Breach, say: Language) -> str:
    silence = meta.slos.silences.get(breach.slo)
    if silence is not None:
        return say("gap.why.lasting", rule=breach.rule, seconds=silence.duration)
    return say("gap.why.cusum" if breach.rule == "cusum" else "gap.why.ratio", detail=breach.detail)
