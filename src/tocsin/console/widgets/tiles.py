"""SLO tiles: what each objective gets at the moment, and how much of its error budget is left."""

from dataclasses import dataclass

import numpy as np
from rich.segment import Segment
from textual.strip import Strip

from tocsin.console.paint import paint
from tocsin.console.reel import Moment
from tocsin.console.widgets.drawn import Drawn
from tocsin.model.slo import Slo

_WIDTH = 39
_BAR = 5
_LATELY = 5
"""Seconds that "at the moment" means."""


@dataclass(frozen=True)
class SloNow:
    """One objective at a moment; shares from 0 to 1, None where nothing was asked for."""

    name: str
    objective: float
    good: float | None
    left: float | None
    """Share of the error budget that is left, of the whole run so far; negative when it is overspent."""
    breached: bool

    @property
    def meaning(self) -> str:
        """The colour of the tile."""
        if self.good is None:
            return "dim"
        if self.good < self.objective:
            return "bad"
        return "warn" if self.left is not None and self.left < 0.25 else "good"


def slos_now(moment: Moment) -> list[SloNow]:
    """Every objective that had anything to judge so far."""
    breached = {breach.slo for breach in moment.state.breaches}
    found = []
    for name, slo in moment.meta.slos.slos.items():
        one = _slo_now(moment, name, slo, breached=name in breached)
        if one is not None:
            found.append(one)
    return found


def _slo_now(moment: Moment, name: str, slo: Slo, *, breached: bool) -> SloNow | None:
    bad = np.nan_to_num(moment.curves.get("bad", name)[: moment.second])
    total = np.nan_to_num(moment.curves.get("total", name)[: moment.second])
    asked = float(total.sum())
    if asked <= 0:
        return None
    lately = float(total[-_LATELY:].sum())
    good = 1.0 - min(1.0, float(bad[-_LATELY:].sum()) / lately) if lately > 0 else None
    left = 1.0 - float(bad.sum()) / (asked * slo.budget)
    return SloNow(name, slo.objective, good, left, breached)


class Tiles(Drawn):
    """One tile per objective, as many in a row as fit."""

    DEFAULT_CSS = "Tiles { height: auto; }"

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._slos: list[SloNow] = []

    def show(self, moment: Moment) -> None:
        """Draw the objectives as they stand."""
        slos = slos_now(moment)
        if len(slos) != len(self._slos):
            self.refresh(layout=True)
        self._slos = slos
        self.changed(tuple((s.name, s.meaning, _percent(s.good), _percent(s.left), s.breached) for s in slos))

    def get_content_height(self, container: object, viewport: object, width: int) -> int:
        """As many rows as the tiles need."""
        del container, viewport
        return max(1, -(-len(self._slos) // max(1, width // _WIDTH)))

    def draw(self) -> list[Strip]:
        """The tiles row by row."""
        if not self._slos:
            return [Strip([Segment("no load yet: nothing to judge", paint(self, "dim"))])]
        per_row = max(1, self.size.width // _WIDTH)
        width = self.size.width // per_row
        rows = [self._slos[n : n + per_row] for n in range(0, len(self._slos), per_row)]
        return [Strip([segment for slo in row for segment in self._tile(slo, width)]) for row in rows]

    def _tile(self, slo: SloNow, width: int) -> list[Segment]:
        ink, dim = paint(self, slo.meaning), paint(self, "dim")
        mark = "▲" if slo.breached and slo.meaning == "bad" else "●"
        left = min(1.0, max(0.0, slo.left or 0.0))
        bar = round(left * _BAR)
        name = slo.name[: width - 22]
        return [
            Segment(f"{mark} ", ink),
            Segment(f"{name:<{width - 22}}", paint(self, "plain")),
            Segment(f"{_percent(slo.good):>6} ", ink),
            Segment("▰" * bar, ink),
            Segment("▱" * (_BAR - bar), dim),
            Segment(f"{_percent(slo.left):>6}  ", dim),
        ]


def _percent(share: float | None) -> str:
    if share is None:
        return "–"
    return f"{max(share, -9.99):.1%}" if 0 < share < 1 else f"{max(share, -9.99):.0%}"
