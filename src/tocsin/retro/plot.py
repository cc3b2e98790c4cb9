"""Charts of documents: lines over seconds, as SVG text; the same lines give the same bytes."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import ceil

import numpy as np
import pygal
from pygal.style import Style

from tocsin.model.window import Array

_COLOURS = ("#1668a7", "#c2410c", "#15803d", "#7c3aed", "#a16207", "#0e7490", "#be185d", "#4d7c0f", "#475569")
_FAULT = "#f3c9c0"
_STAMP_COLOURS = {"detected": "#b91c1c", "classified": "#0e7490", "first_action": "#15803d", "mitigated": "#166534"}
_PLOT_HEIGHT, _LEGEND_ROW, _LEGEND_COLUMNS = 300, 17, 4
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_MOST_POINTS = 400


@dataclass
class Plot:
    """A chart being put together: lines, then the stretch of the fault and the moments behind and over them."""

    title: str
    unit: str
    lines: list[tuple[str, list[tuple[float, float]]]] = field(default_factory=list)
    top: float = 0.0
    floor: float = 1e-9
    x_title: str = "seconds since the start of the run"
    slug: str = ""
    ticks: Sequence[float] = ()

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


@dataclass(frozen=True)
class Mark:
    """A moment of the incident on a chart: the stamp it is, what it is called there, and when (seconds)."""

    stamp: str
    text: str
    at: float


def slug(title: str) -> str:
    """A title as a part of an identifier."""
    return re.sub(r"\W+", "-", title.lower())


def draw(
    plot: Plot,
    stretches: Sequence[tuple[float, float]] = (),
    marks: Sequence[Mark] = (),
    stretch_name: str = "fault in place",
) -> str:
    """The chart as SVG text: its lines, the stretches in which a fault was in place, and moments with their names."""
    top = max(plot.top * 1.05, plot.floor)
    colours = [_FAULT] * len(stretches) + [*_COLOURS, *_COLOURS][: len(plot.lines)]
    colours += [_STAMP_COLOURS[mark.stamp] for mark in marks]
    chart = _empty_chart(plot, top, colours)
    for begun, ended in stretches:
        area = [(begun, 0), (begun, top), (ended, top), (ended, 0)]
        chart.add(stretch_name, area, fill=True, stroke_style={"width": 0})
    for name, points in plot.lines:
        chart.add(name, points)
    for mark in marks:
        chart.add(mark.text, [(mark.at, 0), (mark.at, top)], stroke_style={"width": 1.6, "dasharray": "5, 4"})
    return _COMMENT.sub("", chart.render(is_unicode=True)) + "\n"


def _empty_chart(plot: Plot, top: float, colours: list[str]) -> "pygal.XY":
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
        x_title=plot.x_title,
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
    if plot.ticks:  # few points, far apart: each is shown, and named on the axis
        chart.x_labels = list(plot.ticks)
        chart.show_dots, chart.dots_size = True, 3
    chart.uuid = f"tocsin-{plot.slug or slug(plot.title)}"
    return chart
