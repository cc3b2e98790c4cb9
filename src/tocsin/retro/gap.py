"""The detection gap: how long each step from the fault to the page took, and why."""

from dataclasses import dataclass

from tocsin.model.run import RunMeta
from tocsin.model.slo import Breach, Deadline
from tocsin.tape.fold import RunState


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


def detection_gap(meta: RunMeta, state: RunState) -> list[Step]:
    """Fault to trace, trace to evidence, evidence to page, for the first page; empty when nothing paged."""
    return page_steps(meta, state, state.breaches[0]) if state.breaches else []


def page_steps(meta: RunMeta, state: RunState, breach: Breach) -> list[Step]:
    """The steps of one page; they adjoin."""
    injected = state.stamps.injected
    caused = injected is not None and injected <= breach.at
    begun = max(breach.impact, injected) if caused and injected is not None else breach.impact
    evidence = min(max(breach.second + 1.0, begun), breach.at)
    steps = [
        Step("rule", begun, evidence, _rule(meta, breach)),
        Step("reading", evidence, breach.at, _READING),
    ]
    if caused and injected is not None:
        steps.insert(0, Step("no trace yet", injected, begun, _trace(meta, breach)))
    return steps


_READING = (
    "scrapes come once a second, each target at its own moment: a second is judged when all of it has been told, "
    "and judgement runs once a second"
)


def _trace(meta: RunMeta, breach: Breach) -> str:
    slo = meta.slos.slos.get(breach.slo)
    if slo is None:
        return "the first scrape, or the first second, in which it is silent"
    if isinstance(slo.sli, Deadline):
        return f"accepted work counts as bad only once its deadline of {slo.sli.within:g} s has passed"
    return "the first second whose bad share exceeds the budget"


def _rule(meta: RunMeta, breach: Breach) -> str:
    silence = meta.slos.silences.get(breach.slo)
    if silence is not None:
        return f"the {breach.rule} rule waits until it has lasted {silence.duration:g} s"
    if breach.rule == "cusum":
        return f"the CUSUM rule gathers evidence until it is sure enough: {breach.detail}"
    return f"the ratio rule waits for the excess to last: {breach.detail}"
