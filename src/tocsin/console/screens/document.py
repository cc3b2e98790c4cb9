"""A document of a run, to read in the terminal."""

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import Screen
from textual.widgets import Markdown

from tocsin.console.app import LEAST
from tocsin.console.widgets.keys import Keys
from tocsin.console.widgets.small import TooSmall

if TYPE_CHECKING:
    from textual.app import App

    from tocsin.workspace import Workspace


class DocumentScreen(Screen[None]):
    """The document of a run."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,j", "scroll(1)", "down", priority=True, tooltip="a line down"),
        Binding("up,k", "scroll(-1)", "up", priority=True, tooltip="a line up"),
        Binding("pagedown,space", "page(1)", "next page", priority=True, tooltip="a page down"),
        Binding("pageup,b", "page(-1)", "previous page", priority=True, tooltip="a page up"),
        Binding("q,escape", "app.leave_screen", "back", key_display="q", tooltip="leave this screen"),
    ]

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path

    def compose(self) -> ComposeResult:
        """The document, and the keys."""
        with VerticalScroll(id="document"):
            yield Markdown(open_links=False)
        yield Keys()
        yield TooSmall(*LEAST)

    async def on_mount(self) -> None:
        """Read it."""
        await self.query_one(Markdown).update(self._path.read_text(encoding="utf-8"))
        self.query_one("#document").focus()

    def action_scroll(self, lines: int) -> None:
        """Some lines on."""
        self.query_one("#document").scroll_relative(y=lines, animate=False)

    def action_page(self, pages: int) -> None:
        """Some pages on."""
        view = self.query_one("#document")
        view.scroll_relative(y=pages * max(1, view.size.height - 2), animate=False)


def document_of(workspace: "Workspace", run: str) -> Path | None:
    """The written document of a run, if there is one."""
    found = sorted((workspace.incidents / run).glob("*.md"))
    return found[0] if found else None


def open_document(app: "App[int]", workspace: "Workspace", run: str) -> None:
    """Show the document of a run, or say that there is none yet."""
    path = document_of(workspace, run)
    if path is None:
        app.notify(f"no document yet; `tocsin report {run}` writes it", severity="warning", markup=False)
    else:
        app.push_screen(DocumentScreen(path))
