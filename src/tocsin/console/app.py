"""The console as a program: its first screen, its themes, and what it says when something cannot be shown.

Imports little, so that the terminal is taken at once; what the first screen needs is imported beside it.
"""

from collections.abc import Callable, Iterable
from typing import Any, ClassVar, cast

from textual.app import App, ComposeResult, SystemCommand
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.widgets import Static

from tocsin.errors import TocsinError

LEAST = (60, 18)
"""Columns and rows below which nothing useful can be shown."""


class OpeningScreen(Screen[None]):
    """Shown while the rest is imported."""

    def compose(self) -> ComposeResult:
        """One line."""
        yield Static("tocsin console: opening ...", id="opening")


class ConsoleApp(App[int]):
    """One terminal's console."""

    TITLE = "tocsin"
    CSS_PATH = "console.tcss"
    HORIZONTAL_BREAKPOINTS = [(0, "-thin"), (LEAST[0], "-narrow"), (120, "-wide")]  # noqa: RUF012 - Textual's type
    VERTICAL_BREAKPOINTS = [(0, "-low"), (LEAST[1], "-short"), (34, "-tall")]  # noqa: RUF012 - Textual's type
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("question_mark,f1", "help", "help", key_display="?", tooltip="what this screen shows, and every key"),
        Binding("d", "light", "light/dark", tooltip="change between the light and the dark theme"),
    ]

    def __init__(self, load: Callable[[], Screen[None]], *, light: bool = False) -> None:
        """Make the console.

        Args:
            load: Imports, opens and makes the first screen; may raise a TocsinError, which ends the console.
            light: Begin with the light theme.
        """
        super().__init__()
        self._load = load
        self._light = light
        self.failure: TocsinError | None = None

    def on_mount(self) -> None:
        """Say that it opens, and then load the first screen."""
        self.theme = "textual-light" if self._light else "textual-dark"
        self.push_screen(OpeningScreen())
        self.call_after_refresh(self.run_worker, self._open, thread=True)

    def _open(self) -> None:
        try:
            screen = self._load()
        except TocsinError as error:
            self.call_from_thread(self.fail, error)
            return
        self.call_from_thread(self.switch_screen, screen)

    def fail(self, error: TocsinError) -> None:
        """End with an error, which the command line shows."""
        self.failure = error
        self.exit(return_code=error.exit_code)

    def say(self, error: TocsinError) -> None:
        """Say what went wrong, and go on."""
        text = f"{error.message}\n{error.hint}" if error.hint else error.message
        self.notify(text, severity="error", timeout=10, markup=False)

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """Every key of the screen as an entry of the command palette."""
        for active in screen.active_bindings.values():
            binding = active.binding
            if binding.show:
                name = binding.tooltip or binding.description
                yield SystemCommand(name, f"key {self.get_key_display(binding)}", self._doer(screen, binding.action))
        yield SystemCommand("choose another theme", "any of the themes there are", self.action_change_theme)

    def _doer(self, screen: Screen[object], action: str) -> Callable[[], None]:
        """An action of a binding, as the screen would do it."""

        def do() -> None:
            self.call_later(screen.run_action, action)

        return do

    def action_leave_screen(self) -> None:
        """Leave the screen; the first one ends the console."""
        if len(self.screen_stack) <= 2:
            self.exit()
        else:
            self.pop_screen()

    def action_help(self) -> None:
        """Show the help of this screen."""
        from tocsin.console.screens.help import HelpScreen  # noqa: PLC0415 - not needed to begin with

        if not isinstance(self.screen, HelpScreen):
            self.push_screen(HelpScreen(self.screen))

    def action_light(self) -> None:
        """Change between light and dark."""
        self.theme = "textual-light" if self.current_theme.dark else "textual-dark"


def console_of(screen: Screen[Any]) -> ConsoleApp:
    """The console that a screen belongs to."""
    return cast("ConsoleApp", screen.app)
