"""The first line: which run this is, its phase and clock, and how far the incident has got."""

from rich.segment import Segment
from textual.strip import Strip

from tocsin.console.paint import clock_text, paint
from tocsin.console.reel import Moment
from tocsin.console.seal import title
from tocsin.console.widgets.drawn import Drawn
from tocsin.tape.fold import RunState


class Header(Drawn):
    """Phase, clock, severity and progress."""

    DEFAULT_CSS = "Header { height: 1; dock: top; }"

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._parts: list[tuple[str, str]] = []

    def show(self, moment: Moment, mode: str) -> None:
        """Draw a moment; ``mode`` says how it is looked at (live, 10x, paused)."""
        severity = moment.state.declared.severity if moment.state.declared else ""
        self._parts = [
            (f" {mode} ", "good" if mode == "live" else "title"),
            (f" {clock_text(moment.t)} ", "plain"),
            (f" {moment.state.phase or 'starting'} ", "belief"),
            (f" {incident(moment.state)} ", "bad" if _open(moment.state) else "good"),
            (f" {severity} " if severity else "", "bad"),
            (f" {title(moment.meta, sealed=moment.sealed)}", "dim"),
        ]
        self.changed(tuple(self._parts))

    def draw(self) -> list[Strip]:
        """The one line."""
        return [Strip([Segment(text, paint(self, meaning)) for text, meaning in self._parts if text])]


def _open(state: RunState) -> bool:
    return state.stamps.detected is not None and state.stamps.resolved is None and state.verdict is None


def incident(state: RunState) -> str:
    """How far the incident has got, in one word or two."""
    if state.verdict is not None:
        return f"verdict {state.verdict}"
    stamps = state.stamps
    for name in ("resolved", "mitigated", "acknowledged"):
        if getattr(stamps, name) is not None:
            return name
    return "PAGE" if stamps.detected is not None else "no page"
