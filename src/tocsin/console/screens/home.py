"""Home: the drills there are, the runs there were, and the stack; the place to begin from."""

import json
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import Screen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from tocsin.console.app import LEAST, console_of
from tocsin.console.widgets.keys import Keys
from tocsin.console.widgets.small import TooSmall
from tocsin.errors import TocsinError
from tocsin.workspace import Workspace

if TYPE_CHECKING:
    from tocsin.model.person import Role  # models take longer to import than the lists take to be shown

_REFRESH = 2.0
"""Seconds between two looks at runs and stack."""

MOST_RUNS = 200
"""Runs that are listed, the newest ones."""


@dataclass(frozen=True)
class RunRow:
    """One run as it is listed."""

    run: str
    drill: str
    verdict: str
    """Empty while there is none."""
    live: bool


class HomeScreen(Screen[None]):
    """Start a drill, attach to one that runs, or play an earlier run again."""

    CSS_PATH = Path(__file__).with_name("home.tcss")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "other_list", "drills/runs", priority=True, tooltip="go to the other list"),
        Binding(
            "enter", "open", "start/open", priority=True, tooltip="start the drill, or open the run, that is marked"
        ),
        Binding("o", "document", "document", tooltip="read the document of the run that is marked"),
        Binding("g", "gamedays", "game days", tooltip="see and start game days"),
        Binding("f5", "again", "look again", tooltip="look again at drills, runs and stack"),
        Binding(
            "q,escape", "app.leave_screen", "quit", key_display="q", tooltip="leave the console; what runs goes on"
        ),
    ]

    def __init__(self, workspace: Workspace, who: str, role: "Role" = "responder") -> None:
        super().__init__()
        self._workspace = workspace
        self._who = who
        self._role: Role = role
        self._rows: list[RunRow] = []
        self._known: dict[str, RunRow] = {}

    def compose(self) -> ComposeResult:
        """Stack, drills, runs."""
        yield Static(f"tocsin  {self._workspace.root}", id="where", markup=False)
        yield Static("stack: looking ...", id="stack-state", markup=False)
        with Horizontal(id="lists"):
            with Vertical(id="drill-side"):
                yield OptionList(id="drills", compact=True)
                yield Static("", id="about", markup=False)
            yield OptionList(id="runs", compact=True)
        yield Keys()
        yield TooSmall(*LEAST)

    def on_mount(self) -> None:
        """Fill the lists, beside the screen."""
        self.query_one("#drills").border_title = "drills"
        self.query_one("#runs").border_title = "runs, newest first"
        self.query_one("#drills").focus()
        self._list_drills()
        self.set_interval(_REFRESH, self._look)
        self.call_after_refresh(self._look)  # it imports the models: the drills are to be seen before

    def on_screen_resume(self) -> None:
        """Back from another screen."""
        self._look()

    def _look(self) -> None:
        if self.is_current:
            self.run_worker(self._list_runs, thread=True, exclusive=True, group="runs")
            self.run_worker(self._look_at_stack, thread=True, exclusive=True, group="stack")

    def _list_drills(self) -> None:
        drills = self.query_one("#drills", OptionList)
        drills.clear_options()
        drills.add_options([Option(Content(name), name) for name in self._workspace.drills()])
        self.call_after_refresh(self._mark_first_drill)

    def _mark_first_drill(self) -> None:
        """Mark the first one, which says what it is; that imports the models, too."""
        drills = self.query_one("#drills", OptionList)
        drills.highlighted = 0 if drills.option_count else None

    def _list_runs(self) -> None:
        folders = self._workspace.run_folders()[-MOST_RUNS:]
        rows = [self._row(folder) for folder in reversed(folders)]
        self.app.call_from_thread(self._show_runs, rows)

    def _row(self, folder: Path) -> RunRow:
        """One run; what has its verdict is read once."""
        known = self._known.get(folder.name)
        if known is not None and known.verdict:
            return known
        self._known[folder.name] = row = run_row(folder)
        return row

    def _show_runs(self, rows: list[RunRow]) -> None:
        if rows == self._rows or not self.is_mounted:
            return
        runs = self.query_one("#runs", OptionList)
        marked = runs.highlighted
        same = bool(self._rows) and len(rows) == len(self._rows)
        runs.clear_options()
        runs.add_options([Option(_run_label(row), row.run) for row in rows])
        runs.highlighted = marked if same else (0 if rows else None)
        self._rows = rows

    def _look_at_stack(self) -> None:
        text = stack_line(self._workspace)
        self.app.call_from_thread(self._say_at, "#stack-state", text)

    def _say_at(self, place: str, text: str) -> None:
        """Write a line, if the screen is still there when its worker comes back."""
        for line in self.query(place).results(Static):
            line.update(text)

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        """Say what the marked drill is."""
        if event.option_list.id == "drills" and event.option.id:
            self.run_worker(self._describer(event.option.id), thread=True, exclusive=True, group="about")

    def _describer(self, name: str) -> Callable[[], None]:
        def describe() -> None:
            text = drill_text(self._workspace, name)
            self.app.call_from_thread(self._say_at, "#about", text)

        return describe

    # keys

    def action_other_list(self) -> None:
        """Go to the other list."""
        here = self.focused.id if self.focused is not None else ""
        self.set_focus(self.query_one("#runs" if here == "drills" else "#drills"))

    def action_again(self) -> None:
        """Look again."""
        self._known.clear()
        self._list_drills()
        self._look()

    def action_open(self) -> None:
        """Take what is marked in the list that has the focus."""
        if isinstance(self.focused, OptionList):
            self.focused.action_select()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Start the drill, or open the run."""
        if event.option.id is None:
            return
        if event.option_list.id == "drills":
            self._start(event.option.id)
        else:
            self._open_run(event.option.id)

    def _open_run(self, run: str) -> None:
        from tocsin.console.open import run_screen  # noqa: PLC0415 - not needed for the lists

        try:
            self.app.push_screen(run_screen(self._workspace, self._workspace.run(run), self._who, self._role))
        except TocsinError as error:
            console_of(self).say(error)

    @work
    async def _start(self, drill: str) -> None:
        from tocsin.console.open import launch_screen  # noqa: PLC0415 - not needed for the lists
        from tocsin.console.screens.dialogs import Choice, ChoiceDialog  # noqa: PLC0415

        how = await self.app.push_screen_wait(
            ChoiceDialog(
                f"Start {drill}?",
                [
                    Choice("human", "you respond", "acknowledge, diagnose, act; nothing is done for you"),
                    Choice("blind", "you respond, blind", "the same, with name and cause sealed to the end"),
                    Choice("auto", "watch the automatic responder", ""),
                    Choice("none", "watch, and nobody responds", ""),
                ],
                "It runs as a process of its own: leaving the console does not end it.",
            )
        )
        if how is None:
            return
        words = [
            "run",
            drill,
            "--responder",
            "human" if how == "blind" else how,
            *(["--blind"] if how == "blind" else []),
        ]
        try:
            self.app.push_screen(launch_screen(self._workspace, words, self._who, self._role))
        except TocsinError as error:
            console_of(self).say(error)

    def action_document(self) -> None:
        """Read the document of the marked run."""
        from tocsin.console.screens.document import open_document  # noqa: PLC0415 - not needed for the lists

        runs = self.query_one("#runs", OptionList)
        if runs.highlighted is not None and self._rows:
            open_document(self.app, self._workspace, self._rows[runs.highlighted].run)

    def action_gamedays(self) -> None:
        """Go to the game days."""
        from tocsin.console.screens.gamedays import GameDaysScreen  # noqa: PLC0415 - not needed for the lists

        self.app.push_screen(GameDaysScreen(self._workspace, self._who, self._role))


def _run_label(row: RunRow) -> Content:
    mark, style = ("▶ running", "$text-warning") if row.live else (row.verdict or "no verdict", "")
    styles = {"held": "$text-success", "missed": "$text-warning", "unclean": "$text-error"}
    return Content.assemble(
        (f"{mark:<10}", styles.get(row.verdict, style or "dim")), (f" {row.run[:15]}  ", "dim"), row.drill
    )


def run_row(folder: Path) -> RunRow:
    """One run, from two lines of its tape; of a blind one that goes on, no name."""
    from tocsin.ledger.store import is_held  # noqa: PLC0415 - models come with it, and the lists are shown before them

    live = is_held(folder / "ledger.jsonl")
    try:
        connection = sqlite3.connect(f"file:{folder / 'tape.db'}?mode=ro", uri=True)
        meta: dict[str, Any] = json.loads(connection.execute("SELECT value FROM meta WHERE key = 'run'").fetchone()[0])
        found = connection.execute("SELECT data FROM events WHERE kind = 'verdict'").fetchone()
        connection.close()
        verdict = str(json.loads(found[0])["verdict"]) if found else ""
        sealed = bool(meta["drill"].get("blind")) and not verdict
        return RunRow(
            folder.name, "a blind drill" if sealed else str(meta["drill_name"]), verdict, live and not verdict
        )
    except (sqlite3.Error, ValueError, KeyError, TypeError):
        return RunRow(folder.name, "the tape cannot be read", "unreadable", live=False)


def stack_line(workspace: Workspace) -> str:
    """The default stack in one line; not how its processes are, which would tell what a drill has done to them."""
    from tocsin.director.blocking import stop_reason  # noqa: PLC0415 - brings the backends with it
    from tocsin.director.places import used_places  # noqa: PLC0415
    from tocsin.stack.backends import running  # noqa: PLC0415

    name = workspace.default_stack
    try:
        live = running(used_places(workspace, name))
    except TocsinError as error:
        return f"stack {name}: {error.message}"
    blocked = stop_reason(workspace)
    starts = f"starts are blocked: {blocked} (`tocsin resume`)" if blocked else "starts are allowed"
    return f"stack {name}: {'not running' if live is None else 'running'} · {starts}"


def drill_text(workspace: Workspace, name: str) -> str:
    """What a drill is, in two lines."""
    from tocsin.model.drill import Drill  # noqa: PLC0415 - the lists are shown before the models are there
    from tocsin.yamlfile import load_model  # noqa: PLC0415

    try:
        drill = load_model(workspace.drill(name), Drill)
    except TocsinError as error:
        return error.message
    faults = "sealed" if drill.blind else ", ".join(plan.fault for plan in drill.faults) or "none"
    return (
        f"{drill.title}\nstack {drill.stack} · load {drill.load.profile}, {drill.load.duration:g} s · faults {faults}"
    )
