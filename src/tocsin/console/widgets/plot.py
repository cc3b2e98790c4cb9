"""A plot in braille dots: a few curves over the last minutes.

Drawn by ourselves because it is drawn often: four of these cost a fiftieth of what a plotting library takes for them.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from tocsin.console.paint import paint
from tocsin.console.widgets.drawn import Drawn
from tocsin.model.window import Array

_AXIS = 8
"""Columns for the figures at the left."""

_DOTS = np.array([[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]])
"""Bits of a braille cell by row and column."""

_INK = ("first", "second", "third", "fourth")


@dataclass(frozen=True)
class Curve:
    """A name and its values by second; NaN where unknown."""

    name: str
    values: Array


def raster(values: Array, top: float, height: int, width: int) -> Array:
    """One curve as bits of braille cells: ``height`` rows by ``width`` columns, nought at the bottom."""
    dots, rows = 2 * width, 4 * height
    column = _columns(values, dots)
    level = np.clip(np.round((1.0 - column / top) * (rows - 1)), 0, rows - 1)
    before = np.concatenate((level[:1], level[:-1]))
    before = np.where(np.isnan(before), level, before)
    low, high = np.minimum(level, before), np.maximum(level, before)
    row = np.arange(rows)[:, None]
    lit = (row >= low) & (row <= high)  # NaN is never lit
    cells = lit.reshape(height, 4, width, 2)
    bits: Array = np.einsum("hrwc,rc->hw", cells, _DOTS)
    return bits


def _columns(values: Array, dots: int) -> Array:
    """The curve on so many columns of dots: the highest value of each where there are more, the nearest where fewer."""
    if values.size == 0:
        return np.full(dots, np.nan)
    if values.size <= dots:
        index = np.minimum((np.arange(dots) * values.size) // dots, values.size - 1)
        return values[index]
    edges = np.linspace(0, values.size, dots + 1).astype(int)[:-1]
    filled = np.where(np.isnan(values), -np.inf, values)
    highest = np.maximum.reduceat(filled, edges)
    found: Array = np.where(np.isneginf(highest), np.nan, highest)
    return found


def nice_top(values: list[Array], least: float) -> float:
    """A round figure not below any value."""
    highest = max((float(np.nanmax(v)) for v in values if v.size and not np.isnan(v).all()), default=0.0)
    highest = max(highest, least)
    power = 10.0 ** np.floor(np.log10(highest))
    steps = (1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)
    return float(power * next(step for step in steps if step * power >= highest * 0.999))


def short(value: float) -> str:
    """A figure in five characters at the most."""
    if np.isnan(value):
        return "–"
    for unit, size in (("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if abs(value) >= 10 * size or (unit != "k" and abs(value) >= size):
            return f"{value / size:.3g}{unit}"
    return f"{value:.4g}" if abs(value) >= 100 else f"{value:.3g}"


class Plot(Drawn):
    """A titled plot; ``show`` gives it what to draw."""

    DEFAULT_CSS = "Plot { height: 1fr; min-height: 4; width: 1fr; }"

    def __init__(self, title: str, unit: str, *, least: float = 1.0, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        """Make an empty plot; its axis reaches ``least`` at least."""
        super().__init__(id=id)
        self._title = title
        self._unit = unit
        self._least = least
        self._curves: list[Curve] = []

    def show(self, curves: list[Curve]) -> None:
        """Draw these curves; they all end now."""
        self._curves = curves
        self.redraw()

    def draw(self) -> list[Strip]:
        """The heading, and the dots with their axis."""
        width, height = max(1, self.size.width - _AXIS), max(1, self.size.height - 1)
        top = nice_top([curve.values for curve in self._curves], self._least)
        inks = [paint(self, _INK[n % len(_INK)]) for n in range(len(self._curves))]
        lines = _cells([raster(curve.values, top, height, width) for curve in self._curves], (height, width), inks)
        dim = paint(self, "dim")
        strips = [self._heading(inks)]
        for y, line in enumerate(lines):
            label = short(top) if y == 0 else "0" if y == height - 1 else ""
            strips.append(Strip([Segment(f"{label:>6} ", dim), Segment("│", dim), *line]))
        return strips

    def _heading(self, inks: list[Style]) -> Strip:
        parts = [Segment(f"{self._title} ", paint(self, "title")), Segment(f"{self._unit}  ", paint(self, "dim"))]
        for curve, ink in zip(self._curves, inks, strict=True):
            now = float(curve.values[-1]) if curve.values.size else float("nan")
            parts.append(Segment(f"{curve.name} {short(now)}  ", ink))
        return Strip(parts)


def _cells(bits: list[Array], size: tuple[int, int], inks: list[Style]) -> list[list[Segment]]:
    """Lines of segments: the dots of all curves, each cell in the colour of the last curve that is in it."""
    height, width = size
    together = np.zeros((height, width), dtype=int)
    owner = np.full((height, width), -1)
    for number, one in enumerate(bits):
        together |= one.astype(int)
        owner[one > 0] = number
    lines = []
    for y in range(height):
        text = "".join(map(chr, 0x2800 + together[y]))
        edges = [0, *(np.flatnonzero(np.diff(owner[y])) + 1).tolist(), width]
        lines.append([
            Segment(text[a:b], inks[owner[y][a]] if owner[y][a] >= 0 else None)
            for a, b in pairwise(edges)
        ])  # fmt: skip
    return lines
