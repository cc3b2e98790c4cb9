"""What happened: the lanes of the tape along the time, and every event in a sentence."""

from typing import get_args

from rich.segment import Segment
from textual.strip import Strip

from tocsin.console.paint import clock_text, paint
from tocsin.console.reel import Moment
from tocsin.console.widgets.drawn import Drawn
from tocsin.console.widgets.lines import Lines, Part
from tocsin.model.event import Event
from tocsin.model.event.lane import Lane
from tocsin.tape.replay import describe

LANES: tuple[Lane, ...] = get_args(Lane)
_LABEL = 8


class Lanes(Drawn):
    """One line per lane: a mark where something happened, from the start of the run to its end so far."""

    DEFAULT_CSS = "Lanes { height: 6; }"

    def show(self, moment: Moment, end: float) -> None:
        """Draw the lanes at a moment of a run that lasts until ``end``."""
        width = max(1, self.size.width - _LABEL)
        at = int(moment.t / max(end, 1.0) * (width - 1))
        if self.changed((id(moment.events), len(moment.events), at, round(end), moment.sealed, width)):
            self._moment, self._end, self._at = moment, max(end, 1.0), at

    def draw(self) -> list[Strip]:
        """The lanes, with the playhead below them."""
        if self._drawn is None:
            return []
        width = max(1, self.size.width - _LABEL)
        strips = []
        for lane in LANES:
            sealed = lane == "truth" and self._moment.sealed
            marks = ["·"] * width if not sealed else list("sealed until the retrospective"[:width].ljust(width))
            for event in self._moment.events:
                if event.lane == lane:
                    marks[min(width - 1, int(event.t / self._end * (width - 1)))] = "●"
            strips.append(Strip([Segment(f"{lane:<{_LABEL}}", paint(self, lane)), *self._ink("".join(marks), lane)]))
        pointer = " " * (_LABEL + self._at) + "▲"
        return [*strips, Strip([Segment(pointer, paint(self, "title"))])]

    def _ink(self, marks: str, lane: str) -> list[Segment]:
        ink, dim = paint(self, lane), paint(self, "dim")
        found: list[Segment] = []
        for mark in marks:
            style = ink if mark == "●" else dim
            if found and found[-1].style == style:
                found[-1] = Segment(found[-1].text + mark, style)
            else:
                found.append(Segment(mark, style))
        return found


class Timeline(Lines[Event]):
    """Every event in one sentence, the newest at the end."""

    BORDER_TITLE = "events"

    def parts(self, row: Event) -> tuple[list[Part], Part]:
        """Clock and lane, and the sentence."""
        meaning = "plain" if row.lane == "run" else row.lane
        return [(f"{clock_text(row.t)} ", "dim"), (f"{row.lane:<7}", row.lane)], (_one_line(row), meaning)


def _one_line(event: Event) -> str:
    return " ".join(describe(event).split())
