"""The keys at the bottom: all of them, in as many lines as it takes."""

from textual.geometry import NULL_OFFSET, NULL_SPACING, Region, Size
from textual.layout import ArrangeResult, Layout, WidgetPlacement
from textual.widget import Widget
from textual.widgets import Footer


class Flow(Layout):
    """Children one after the other, like words in a paragraph, each one line high."""

    name = "flow"

    def arrange(self, parent: Widget, children: list[Widget], size: Size, greedy: bool = True) -> ArrangeResult:  # noqa: FBT001, FBT002 - Textual's
        """Place the children."""
        del greedy
        parent.pre_layout(self)
        placements = []
        x = y = 0
        for order, child in enumerate(children):
            width = child.get_content_width(size, parent.app.viewport_size) + 1
            if x and x + width > size.width:
                x, y = 0, y + 1
            placements.append(WidgetPlacement(Region(x, y, width, 1), NULL_OFFSET, NULL_SPACING, child, order))
            x += width
        return placements


class Keys(Footer):
    """A footer that wraps, so that no key is ever out of sight."""

    DEFAULT_CSS = """
    Keys { height: auto; max-height: 6; }
    Keys FooterKey.-command-palette { dock: none; border-left: none; padding-right: 0; }
    """

    def __init__(self) -> None:
        super().__init__(compact=True)
        self._flow = Flow()

    @property
    def layout(self) -> Layout:
        """Like words in a paragraph."""
        return self._flow
