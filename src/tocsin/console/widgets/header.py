"""The first line: which run this is, its phase and clock, and how far the incident has got."""

from rich.segment import Segment
from textual.strip import Strip

from tocsin.console.paint import clock_text, paint
from tocsin.console.reel import Moment
from tocsin.console.seal import title
from tocsin.console.widgets.drawn import Drawn


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
            (f" {incident(moment)} ", "bad" if _open(moment) else "good"),
            (f" {severity} " if severity else "", "bad"),
            (" drill paused " if moment.state.people.is_paused else "", "warn"),
            (f" {title(moment.meta, sealed=moment.sealed)}", "dim"),
        ]
        self.changed(tuple(self._parts))

    def draw(self) -> list[Strip]:
        """The one line."""
        return [Strip([Segment(text, paint(self, meaning)) for text, meaning in self._parts if text])]


def _open(moment: Moment) -> bool:
    return moment.state.stamps.detected is not None and incident(moment) != "resolved" and moment.state.verdict is None


def incident(moment: Moment) -> str:
    """How far the incident has got, in one word or two; where people respond, as they have declared it."""
    state, stamps = moment.state, moment.state.stamps
    if state.verdict is not None:
        return f"verdict {state.verdict}"
    people = moment.meta.responder in ("human", "script")
    steps = {
        "resolved": state.people.resolved if people else stamps.resolved is not None,
        "mitigated": state.people.mitigated if people else stamps.mitigated is not None,
        "acknowledged": stamps.acknowledged is not None,
    }
    told = next((name for name, done in steps.items() if done), None)
    return told or ("PAGE" if stamps.detected is not None else "no page")
