"""The pictures of an incident document, as SVG text; the same tape gives the same bytes."""

import numpy as np

from tocsin.model.run import RunMeta
from tocsin.model.window import SampleWindow
from tocsin.retro.curves import bad_share, latency_percentiles
from tocsin.retro.plot import Plot, draw
from tocsin.retro.resources import family_by_service
from tocsin.tape.fold import RunState


def charts(meta: RunMeta, state: RunState, window: SampleWindow) -> dict[str, str]:
    """SVG texts by file name, in the order in which a document shows them."""
    plots = {
        "slo.svg": _slo_plot(meta, window),
        "load.svg": _load_plot(meta, window),
        "latency.svg": _latency_plot(window),
        "lag.svg": _lag_plot(meta, window),
        "cpu.svg": _family_plot(meta, window, "cpu", "CPU use", "cores"),
        "belief.svg": _belief_plot(state),
    }
    end = float(window.end)
    return {name: _draw(plot, state, end) for name, plot in plots.items() if plot.lines}


def _slo_plot(meta: RunMeta, window: SampleWindow) -> Plot:
    plot = Plot("Bad share of each SLO, over 5 s", "%")
    for name, slo in meta.slos.slos.items():
        plot.line(name, window.seconds, bad_share(slo, window), factor=100.0)
    plot.top = max(plot.top, 5.0)
    return plot


def _load_plot(meta: RunMeta, window: SampleWindow) -> Plot:
    plot = Plot("Requests", "requests/s")
    for name in ("load_scheduled", "load_good", "load_failed"):
        if name in meta.signals:
            plot.line(name.removeprefix("load_"), window.seconds, window.total(name))
    return plot


def _latency_plot(window: SampleWindow) -> Plot:
    plot = Plot("Latency of all requests, over 5 s, as clients saw it", "ms")
    for share, values in latency_percentiles(window, "load_bucket", (0.5, 0.95, 0.99)).items():
        plot.line(f"p{share * 100:.0f}", window.seconds, values, factor=1000.0)
    return plot


def _lag_plot(meta: RunMeta, window: SampleWindow) -> Plot:
    plot = Plot("Accepted work that waits, by partition", "records")
    for name, signal in meta.signals.items():
        if signal.gauge and "{partition}" in signal.entity:
            for entity, values in window.of(name, signal).items():
                plot.line(entity, window.seconds, values)
    return plot


def _family_plot(meta: RunMeta, window: SampleWindow, family: str, title: str, unit: str) -> Plot:
    plot = Plot(title, unit)
    rows = family_by_service(meta, window, family, add=True)
    busiest = sorted(rows, key=lambda service: -float(np.nan_to_num(np.nanmean(rows[service]))))[:6]
    for service in (name for name in rows if name in busiest):
        plot.line(service, window.seconds, rows[service])
    return plot


def _belief_plot(state: RunState) -> Plot:
    """Confidence of the causes that were ever first or true, as steps."""
    plot = Plot("What was believed: confidence of each cause", "%")
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


def _draw(plot: Plot, state: RunState, end: float) -> str:
    stretches = [(one.injected, one.removed if one.removed is not None else end) for one in state.injections]
    stamps = {
        "detected": state.stamps.detected,
        "classified": state.stamps.classified,
        "first action": state.stamps.first_action,
        "mitigated": state.stamps.mitigated,
    }
    return draw(plot, stretches, {name: at for name, at in stamps.items() if at is not None})
