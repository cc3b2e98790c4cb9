"""The base of widgets that draw their lines themselves and keep them until something has changed."""

from collections.abc import Hashable

from textual.events import Resize
from textual.strip import Strip
from textual.widget import Widget


class Drawn(Widget):
    """Draws all its lines at once, when they are needed and not before."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._strips: list[Strip] | None = None
        self._drawn: Hashable = None

    def on_mount(self) -> None:
        """Draw again whenever the theme is another."""
        self.app.theme_changed_signal.subscribe(self, lambda _: self.call_later(self.redraw))

    def changed(self, what: Hashable) -> bool:
        """True when ``what`` a drawing depends on is not what it was last time; then it will be drawn again."""
        if what == self._drawn:
            return False
        self._drawn = what
        self.redraw()
        return True

    def redraw(self) -> None:
        """Draw again."""
        self._strips = None
        self.refresh()

    def on_resize(self, _: Resize) -> None:
        """Draw again in the new size."""
        self._strips = None

    def render_line(self, y: int) -> Strip:
        """One line."""
        if self._strips is None:
            ground, width = self.rich_style, self.size.width
            self._strips = [strip.adjust_cell_length(width).apply_style(ground) for strip in self.draw()]
        return self._strips[y] if y < len(self._strips) else Strip.blank(self.size.width, self.rich_style)

    def draw(self) -> list[Strip]:
        """All lines from the top."""
        raise NotImplementedError
