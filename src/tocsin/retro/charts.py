"""The pictures of an incident document, as SVG text; the same tape gives the same bytes."""

import re
from dataclasses import dataclass, field
from math import ceil

import numpy as np
import pygal
from pygal.style import Style

from tocsin.model.run import RunMeta
from tocsin.model.window import Array, SampleWindow
from tocsin.retro.curves import bad_share, latency_percentiles
from tocsin.retro.resources import family_by_service
from tocsin.tape.fold import RunState

_COLOURS = ("#1668a7", "#c2410c", "#15803d", "#7c3aed", "#a16207", "#0e7490", "#be185d", "#4d7c0f", "#475569")
_FAULT = "#f3c9c0"
_STAMP_COLOURS = {"detected": "#b91c1c", "classified": "#0e7490", "first action": "#15803d", "mitigated": "#166534"}
_PLOT_HEIGHT, _LEGEND_ROW, _LEGEND_COLUMNS = 300, 17, 4
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_MOST_POINTS = 400


@dataclass
class _Plot:
    """A chart being put together: lines, then the stretch of the fault and the moments behind and over them."""

    title: str
    unit: str
    lines: list[tuple[str, list[tuple[float, float]]]] = field(default_factory=list)
    top: float = 0.0
    floor: float = 1e-9

    def line(self, name: str, seconds: Array, values: Array, factor: float = 1.0) -> None:
        """One curve; unknown seconds are left out."""
        step = max(1, len(values) // _MOST_POINTS)
        points = [
            (float(t), round(float(v) * factor, 4))
            for t, v in zip(seconds[::step], values[::step], strict=True)
            if np.isfinite(v)
        ]
        if points:
            self.lines.append((name, points))
            self.top = max([self.top, *(value for _, value in points)])


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


def _slo_plot(meta: RunMeta, window: SampleWindow) -> _Plot:
    plot = _Plot("Bad share of each SLO, over 5 s", "%")
    for name, slo in meta.slos.slos.items():
        plot.line(name, window.seconds, bad_share(slo, window), factor=100.0)
    plot.top = max(plot.top, 5.0)
    return plot


def _load_plot(meta: RunMeta, window: SampleWindow) -> _Plot:
    plot = _Plot("Requests", "requests/s")
    for name in ("load_scheduled", "load_good", "load_failed"):
        if name in meta.signals:
            plot.line(name.removeprefix("load_"), window.seconds, window.total(name))
    return plot


def _latency_plot(window: SampleWindow) -> _Plot:
    plot = _Plot("Latency of all requests, over 5 s, as clients saw it", "ms")
    for share, values in latency_percentiles(window, "load_bucket", (0.5, 0.95, 0.99)).items():
        plot.line(f"p{share * 100:.0f}", window.seconds, values, factor=1000.0)
    return plot


def _lag_plot(meta: RunMeta, window: SampleWindow) -> _Plot:
    plot = _Plot("Accepted work that waits, by partition", "records")
    for name, signal in meta.signals.items():
        if signal.gauge and "{partition}" in signal.entity:
            for entity, values in window.of(name, signal).items():
                plot.line(entity, window.seconds, values)
    return plot


def _family_plot(meta: RunMeta, window: SampleWindow, family: str, title: str, unit: str) -> _Plot:
    plot = _Plot(title, unit)
    rows = family_by_service(meta, window, family, add=True)
    busiest = sorted(rows, key=lambda service: -float(np.nan_to_num(np.nanmean(rows[service]))))[:6]
    for service in (name for name in rows if name in busiest):
        plot.line(service, window.seconds, rows[service])
    return plot


def _belief_plot(state: RunState) -> _Plot:
    """Confidence of the causes that were ever first or true, as steps."""
    plot = _Plot("What was believed: confidence of each cause", "%")
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


def _draw(plot: _Plot, state: RunState, end: float) -> str:
    top = max(plot.top * 1.05, plot.floor)
    stretches = [(one.injected, one.removed if one.removed is not None else end) for one in state.injections]
    stamps = {
        "detected": state.stamps.detected,
        "classified": state.stamps.classified,
        "first action": state.stamps.first_action,
        "mitigated": state.stamps.mitigated,
    }
    shown = {name: at for name, at in stamps.items() if at is not None}
    colours = [_FAULT] * len(stretches) + [*_COLOURS, *_COLOURS][: len(plot.lines)]
    colours += [_STAMP_COLOURS[name] for name in shown]
    chart = _empty_chart(plot, top, colours)
    for begun, ended in stretches:
        area = [(begun, 0), (begun, top), (ended, top), (ended, 0)]
        chart.add("fault in place", area, fill=True, stroke_style={"width": 0})
    for name, points in plot.lines:
        chart.add(name, points)
    for name, at in shown.items():
        chart.add(f"{name} {at:.0f} s", [(at, 0), (at, top)], stroke_style={"width": 1.6, "dasharray": "5, 4"})
    return _COMMENT.sub("", chart.render(is_unicode=True)) + "\n"


def _empty_chart(plot: _Plot, top: float, colours: list[str]) -> "pygal.XY":
    rows = ceil(len(colours) / _LEGEND_COLUMNS)
    style = Style(
        background="#ffffff",
        plot_background="#ffffff",
        foreground="#374151",
        foreground_strong="#111827",
        foreground_subtle="#9ca3af",
        guide_stroke_color="#e5e7eb",
        major_guide_stroke_color="#e5e7eb",
        guide_stroke_dasharray="1, 0",
        major_guide_stroke_dasharray="1, 0",
        font_family="DejaVu Sans, Helvetica, Arial, sans-serif",
        title_font_size=15,
        label_font_size=11,
        major_label_font_size=11,
        legend_font_size=11,
        opacity=".55",
        stroke_opacity="1",
        colors=tuple(colours),
    )
    chart = pygal.XY(
        style=style,
        width=920,
        height=_PLOT_HEIGHT + rows * _LEGEND_ROW,
        explicit_size=True,
        show_dots=False,
        js=(),
        title=f"{plot.title} ({plot.unit})",
        x_title="seconds since the start of the run",
        legend_at_bottom=True,
        legend_at_bottom_columns=_LEGEND_COLUMNS,
        legend_box_size=10,
        margin=14,
        margin_bottom=14 + max(1, rows - 2) * _LEGEND_ROW,  # pygal itself leaves room for too few rows
        range=(0, top),
        x_value_formatter=lambda value: f"{value:.0f}",
        value_formatter=lambda value: f"{value:.4g}",
        truncate_legend=28,
        stroke_style={"width": 1.6},
        disable_xml_declaration=True,
    )
    chart.uuid = "tocsin-" + re.sub(r"\W+", "-", plot.title.lower())
    return chart
