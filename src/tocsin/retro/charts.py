"""The pictures of an incident document, as SVG text; the same tape gives the same bytes."""

import numpy as np

from tocsin.model.run import RunMeta
from tocsin.model.window import SampleWindow
from tocsin.retro.curves import bad_share, latency_percentiles
from tocsin.retro.language import ENGLISH, Language
from tocsin.retro.plot import Mark, Plot, draw, slug
from tocsin.retro.resources import family_by_service
from tocsin.tape.state import RunState


def charts(meta: RunMeta, state: RunState, window: SampleWindow, say: Language = ENGLISH) -> dict[str, str]:
    """SVG texts by file name, in the order in which a document shows them."""
    plots = {
        "slo.svg": _slo_plot(meta, window, say),
        "load.svg": _load_plot(meta, window, say),
        "latency.svg": _latency_plot(window, say),
        "lag.svg": _lag_plot(meta, window, say),
        "cpu.svg": _cpu_plot(meta, window, say),
        "belief.svg": _belief_plot(state, say),
    }
    end = float(window.end)
    return {name: _draw(plot, state, end, say) for name, plot in plots.items() if plot.lines}


def _plot(part: str, unit: str, say: Language) -> Plot:
    return Plot(say(f"chart.{part}"), unit, x_title=say("chart.clock"), slug=slug(ENGLISH(f"chart.{part}")))


def _slo_plot(meta: RunMeta, window: SampleWindow, say: Language) -> Plot:
    plot = _plot("slo", "%", say)
    for name, slo in meta.slos.slos.items():
        plot.line(name, window.seconds, bad_share(slo, window), factor=100.0)
    plot.top = max(plot.top, 5.0)
    return plot


def _load_plot(meta: RunMeta, window: SampleWindow, say: Language) -> Plot:
    plot = _plot("load", say("chart.load_unit"), say)
    for name in ("load_scheduled", "load_good", "load_failed"):
        if name in meta.signals:
            plot.line(say(f"line.{name}"), window.seconds, window.total(name))
    return plot


def _latency_plot(window: SampleWindow, say: Language) -> Plot:
    plot = _plot("latency", "ms", say)
    for share, values in latency_percentiles(window, "load_bucket", (0.5, 0.95, 0.99)).items():
        plot.line(f"p{share * 100:.0f}", window.seconds, values, factor=1000.0)
    return plot


def _lag_plot(meta: RunMeta, window: SampleWindow, say: Language) -> Plot:
    plot = _plot("lag", say("chart.lag_unit"), say)
    for name, signal in meta.signals.items():
        if signal.gauge and "{partition}" in signal.entity:
            for entity, values in window.of(name, signal).items():
                plot.line(entity, window.seconds, values)
    return plot


def _cpu_plot(meta: RunMeta, window: SampleWindow, say: Language) -> Plot:
    plot = _plot("cpu", say("chart.cpu_unit"), say)
    rows = family_by_service(meta, window, "cpu", add=True)
    busiest = sorted(rows, key=lambda service: -float(np.nan_to_num(np.nanmean(rows[service]))))[:6]
    for service in (name for name in rows if name in busiest):
        plot.line(service, window.seconds, rows[service])
    return plot


def _belief_plot(state: RunState, say: Language) -> Plot:
    """Confidence of the causes that were ever first or true, as steps."""
    plot = _plot("belief", "%", say)
    wanted = [one.cause for one in state.injections]
    wanted += [ranked[0].cause for _, ranked in state.hypotheses if ranked]
    known_until = max((t for t, _ in state.hypotheses), default=0.0)
    for cause in dict.fromkeys(wanted):
        times: list[float] = []
        shares: list[float] = []
        for t, ranked in state.hypotheses:
            share = sum(one.confidence for one in ranked if one.cause == cause)
            times += [t, t]
            shares += [shares[-1] if shares else 0.0, share]
        if times:
            times, shares = [*times, known_until + 5.0], [*shares, shares[-1]]
            plot.line(cause, np.array(times), np.array(shares), factor=100.0)
    plot.top = 100.0 if plot.lines else 0.0
    return plot


def _draw(plot: Plot, state: RunState, end: float, say: Language) -> str:
    stretches = [(one.injected, one.removed if one.removed is not None else end) for one in state.injections]
    marks = []
    for name in ("detected", "classified", "first_action", "mitigated"):
        at = getattr(state.stamps, name)
        if at is not None:
            marks.append(Mark(name, say("chart.moment", name=say(f"moment.{name}"), at=at), at))
    return draw(plot, stretches, marks, say("chart.fault"))
