"""Growing lists of lines, such as events and logs: wrapped, scrollable, and at the end until somebody scrolls up.

Not a scroll view: there each new line lays out the whole screen anew, which costs more than everything else together.
"""

from collections.abc import Sequence
from textwrap import wrap
from typing import ClassVar, Generic, TypeVar

from rich.segment import Segment
from textual.binding import Binding, BindingType
from textual.events import MouseScrollDown, MouseScrollUp, Resize
from textual.strip import Strip
from textual.widget import Widget

from tocsin.console.paint import paint

Row = TypeVar("Row")
Part = tuple[str, str]
"""A text and what its colour means."""

_WHEEL = 3
"""Lines that one turn of a mouse wheel is worth."""


class Lines(Widget, Generic[Row], can_focus=True):
    """Rows of one kind; only those on the screen are turned into cells."""

    DEFAULT_CSS = "Lines { height: 1fr; min-height: 2; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "lines(-1)", "up", tooltip="a line up"),
        Binding("down", "lines(1)", "down", tooltip="a line down"),
        Binding("pageup", "pages(-1)", "page up", tooltip="a page up"),
        Binding("pagedown", "pages(1)", "page down", tooltip="a page down; at the end, what comes is followed"),
    ]

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._rows: Sequence[Row] = []
        self._taken = 0
        self._lines: list[list[Part]] = []
        self._wrapped_to = 0
        self._top: int | None = None
        """The line at the top; None while the end is followed."""

    def on_mount(self) -> None:
        """Draw again whenever the theme is another."""
        self.app.theme_changed_signal.subscribe(self, lambda _: self.call_later(self.refresh))

    def show(self, rows: Sequence[Row]) -> None:
        """Show rows; a longer list that is the same object is only added to."""
        if rows is self._rows and len(rows) == self._taken:
            return
        if rows is not self._rows or len(rows) < self._taken:
            self._rows, self._taken, self._lines, self._top = rows, 0, [], None
        self._take()

    def on_resize(self, _: Resize) -> None:
        """Wrap again to a new width."""
        if self.content_size.width != self._wrapped_to:
            self._taken, self._lines = 0, []
            self._take()

    def _take(self) -> None:
        self._wrapped_to = self.content_size.width
        for row in self._rows[self._taken :]:
            self._lines.extend(self._wrapped(row, max(20, self._wrapped_to)))
        self._taken = len(self._rows)
        self.refresh()

    def _wrapped(self, row: Row, width: int) -> list[list[Part]]:
        """The first line begins with the row's head; the others are indented as far."""
        head, (text, meaning) = self.parts(row)
        indent = sum(len(part) for part, _ in head)
        pieces = wrap(text, max(10, width - indent)) or [""]
        first: list[Part] = [*head, (pieces[0], meaning)]
        return [first, *([(" " * indent, "dim"), (piece, meaning)] for piece in pieces[1:])]

    def parts(self, row: Row) -> tuple[list[Part], Part]:
        """A row's head (clock, lane) and its text."""
        raise NotImplementedError

    @property
    def _last_top(self) -> int:
        """The line at the top when the last one is at the bottom."""
        return max(0, len(self._lines) - self.content_size.height)

    def render_line(self, y: int) -> Strip:
        """One line of what is on the screen."""
        number = y + (self._last_top if self._top is None else min(self._top, self._last_top))
        ground, width = self.rich_style, self.content_size.width
        if number >= len(self._lines):
            return Strip.blank(width, ground)
        cells = [Segment(text, ground + paint(self, meaning)) for text, meaning in self._lines[number]]
        return Strip(cells).adjust_cell_length(width, ground)

    # keys

    def action_lines(self, lines: int) -> None:
        """Some lines on."""
        top = (self._last_top if self._top is None else self._top) + lines
        self._top = None if top >= self._last_top else max(0, top)
        self.refresh()

    def action_pages(self, pages: int) -> None:
        """Some pages on."""
        self.action_lines(pages * max(1, self.content_size.height - 1))

    def on_mouse_scroll_up(self, _: MouseScrollUp) -> None:
        """Back."""
        self.action_lines(-_WHEEL)

    def on_mouse_scroll_down(self, _: MouseScrollDown) -> None:
        """On."""
        self.action_lines(_WHEEL)
