"""What a change should do to a figure, worked out from what the run before it measured, and the grounds in words."""

from dataclasses import dataclass
from math import log

from tocsin.model.drill import PERCENTILES, Prediction
from tocsin.retro.comparison.figures import MISSES, work_figures
from tocsin.retro.comparison.side import Side
from tocsin.retro.phase_use import use_by_phase
from tocsin.retro.resources import limit_of


@dataclass(frozen=True)
class Expected:
    """The predicted value, None where what it needs was not measured, and why it should be that."""

    value: float | None
    because: str


def expected(prediction: Prediction, figure: float, before: Side, after: Side) -> Expected:
    """What ``figure`` of the run ``before`` should be in ``after``, of which only what was changed is looked at."""
    if prediction.utilisation_of is not None:
        found = _by_utilisation(prediction, prediction.utilisation_of, figure, before, after)
    elif prediction.queries is not None:
        found = _by_queries(prediction.queries, figure, before)
    elif prediction.misses is not None:
        found = _by_misses(prediction.misses, figure, before)
    else:
        found = Expected(figure * (prediction.times or 1.0), "")
    return Expected(found.value, "; ".join(text for text in (prediction.because, found.because) if text))


def _by_utilisation(prediction: Prediction, service: str, figure: float, before: Side, after: Side) -> Expected:
    """A percentile of answer times after the CPU limit of one of the services that they pass has changed.

    A request stays R = S / (1 - rho) at the service, with S = U / X its demand (CPU seconds per request, U the cores in
    use, X requests/s) and rho = U / c the share of the limit c in use (Lazowska et al., Quantitative System
    Performance, 1984: the laws of chapter 3, open models of chapter 6). R is exponentially distributed there,
    with the percentile -ln(1 - q) R. What the limit adds to R or takes from it is added to the percentile or taken from
    it: an upper bound of the effect, as if all other time were the same for every request.
    """
    load = _load(before, service, prediction.phase)
    old, new = limit_of(before.meta, service), limit_of(after.meta, service)
    if load is None or old is None or new is None:
        return Expected(None, f"use or limit of the CPU of {service} was not measured")
    used, rate = load
    demand, spread = used / rate, -log(1.0 - PERCENTILES[prediction.figure])
    was, will = used / old, used / new
    grounds = f"{service}: {demand * 1000:.2g} ms of CPU per request, use of its limit {was:.0%}, then {will:.0%}"
    if will >= 1.0:
        return Expected(None, f"{grounds}: more than there is, so that a queue grows without end")
    stays = min(figure, spread * demand / (1.0 - was) * 1000) if was < 1.0 else figure
    value = figure - stays + spread * demand / (1.0 - will) * 1000
    return Expected(value, f"{grounds}; R = S / (1 - rho)")


def _by_queries(names: tuple[str, str], figure: float, before: Side) -> Expected:
    """A figure of requests that wait for the first query when the second takes its place.

    At the same utilisation a request takes as much longer as its service does: R = S / (1 - rho).
    """
    took = {query.name: query.took_ms for query in before.state.queries}
    old, new = (took.get(name) for name in names)
    if not old or new is None:
        missing = next(name for name in names if not took.get(name))
        return Expected(None, f"query {missing} was not analysed")
    return Expected(figure * new / old, f"analysed before: {names[0]} {old:.3g} ms, {names[1]} {new:.3g} ms")


def _by_misses(share: float, figure: float, before: Side) -> Expected:
    """What misses alone cost, where another share of the reads misses: U = X D, with X the misses per second."""
    percent = work_figures(before).get(MISSES)
    if not percent:
        return Expected(None, "no cache read is known to have missed")
    return Expected(figure * share * 100 / percent, f"{percent:.3g} % of cache reads missed before, {share:.0%} then")


def _load(side: Side, service: str, phase: str | None) -> tuple[float, float] | None:
    """Cores in use by a service and requests/s in a phase of the load, or in its busiest one; None if not measured."""
    phases = side.state.load.phases if side.state.load is not None else []
    at = max((one for one in phases if phase in (None, one.name)), key=lambda one: one.rps, default=None)
    rows = (row for use in use_by_phase(side) if use.service == service for row in use.phases)
    cpu = next((row.cpu for row in rows if at is not None and row.phase == at.name), None)
    return (cpu, at.rps) if at is not None and cpu and at.rps else None
