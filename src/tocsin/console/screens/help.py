"""Help: what a screen shows, and each of its keys with what it does."""

import inspect
from pathlib import Path
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen, Screen
from textual.widgets import Static

from tocsin.console.widgets.keys import Keys

LEGEND = """\
Tiles: good share over 5 s, bar and figure: what is left of the run's error budget; ● as it should be, ▲ paged and bad.
Stack: ● well  ◆ strained beside the healthy minute  ✖ answers nobody  ○ not known. A glance, not a diagnosis.
Lanes: truth (what was really done; sealed until the retrospective while somebody has to find it), signal (detectors),
belief (what was thought), action (what was done about it), run (the run itself).
Events and logs have keys of their own to scroll, once 2 or 4 (or tab) has gone there; at their end they follow."""


class HelpScreen(ModalScreen[None]):
    """The keys of the screen below, from its own bindings, so that the two cannot disagree."""

    CSS_PATH = Path(__file__).with_name("dialog.tcss")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark", "dismiss", "close", key_display="esc", tooltip="close the help"),
    ]

    def __init__(self, about: Screen[Any]) -> None:
        super().__init__()
        self._about = about

    def compose(self) -> ComposeResult:
        """A scrollable list."""
        with VerticalScroll(classes="dialog tall"):
            yield Static(Content((inspect.getdoc(type(self._about)) or "").splitlines()[0]), classes="title")
            bindings = {active.binding.action: active.binding for active in self._about.active_bindings.values()}
            for binding in bindings.values():
                if binding.show:
                    key = self.app.get_key_display(binding)
                    yield Static(Content(f"{key:>12}  {binding.tooltip or binding.description}"))
            yield Static(Content(f"{'^p':>12}  the command palette: all of these by name"))
            yield Static(Content(LEGEND), classes="note")
        yield Keys()
