"""Growing lists of lines, such as events and logs: scrollable, wrapped, and at the end until somebody scrolls up."""

from collections.abc import Sequence
from textwrap import wrap
from typing import Generic, TypeVar

from rich.segment import Segment
from rich.style import Style
from textual.events import Resize
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tocsin.console.paint import paint

Row = TypeVar("Row")
Part = tuple[str, str]
"""A text and what its colour means."""


class Lines(ScrollView, Generic[Row], can_focus=True):
    """Rows of one kind; only those on the screen are turned into cells."""

    DEFAULT_CSS = """
    Lines {
        height: 1fr; min-height: 2; scrollbar-size-vertical: 1; scrollbar-gutter: stable; overflow-x: hidden;
    }
    """

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._rows: Sequence[Row] = []
        self._taken = 0
        self._lines: list[list[Part]] = []
        self._width = 0
        self._follow = True

    def on_mount(self) -> None:
        """Draw again whenever the theme is another."""
        self.app.theme_changed_signal.subscribe(self, lambda _: self.call_later(self.refresh))

    def show(self, rows: Sequence[Row]) -> None:
        """Show rows; a longer list that is the same object is only added to."""
        if rows is self._rows and len(rows) == self._taken:
            return
        if rows is not self._rows or len(rows) < self._taken:
            self._rows, self._taken, self._lines, self._follow = rows, 0, [], True
        self._take()

    def on_resize(self, _: Resize) -> None:
        """Wrap again to a new width; whoever was at the end stays there."""
        if self.scrollable_content_region.width != self._width:
            self._taken, self._lines = 0, []
            self._take()
        elif self._follow:
            self.call_after_refresh(self._to_end)

    def _take(self) -> None:
        self._width = max(20, self.scrollable_content_region.width)
        for row in self._rows[self._taken :]:
            self._lines.extend(self._wrapped(row))
        self._taken = len(self._rows)
        self.virtual_size = Size(self._width, len(self._lines))
        if self._follow:
            self.call_after_refresh(self._to_end)
        self.refresh()

    def _to_end(self) -> None:
        if self._follow:
            self.scroll_to(y=self.max_scroll_y, animate=False, immediate=True)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Whoever scrolls up stays there; whoever goes to the end sees what comes."""
        super().watch_scroll_y(old_value, new_value)
        if new_value < old_value:
            self._follow = False
        if new_value >= self.max_scroll_y - 1:
            self._follow = True

    def _wrapped(self, row: Row) -> list[list[Part]]:
        """The first line begins with the row's head; the others are indented as far."""
        head, (text, meaning) = self.parts(row)
        indent = sum(len(part) for part, _ in head)
        pieces = wrap(text, max(10, self._width - indent)) or [""]
        first: list[Part] = [*head, (pieces[0], meaning)]
        return [first, *([(" " * indent, "dim"), (piece, meaning)] for piece in pieces[1:])]

    def parts(self, row: Row) -> tuple[list[Part], Part]:
        """A row's head (clock, lane) and its text."""
        raise NotImplementedError

    def render_line(self, y: int) -> Strip:
        """One line of what is on the screen."""
        number = y + self.scroll_offset.y
        if number >= len(self._lines):
            return Strip.blank(self.size.width, self.rich_style)
        ground: Style = self.rich_style
        cells = [Segment(text, ground + paint(self, meaning)) for text, meaning in self._lines[number]]
        return Strip(cells).adjust_cell_length(self.size.width, ground)
