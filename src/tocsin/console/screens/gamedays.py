"""Game days: those there are, those that were run, and one of them drill by drill."""

from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from tocsin.console.app import LEAST, console_of
from tocsin.console.launch import Launch
from tocsin.console.open import run_screen
from tocsin.console.screens.document import DocumentScreen
from tocsin.console.widgets.keys import Keys
from tocsin.console.widgets.small import TooSmall
from tocsin.errors import BadInput, TocsinError
from tocsin.gameday.record import read_record, records
from tocsin.model.gameday import DrillEntry, GameDayRecord
from tocsin.model.person import Role
from tocsin.workspace import Workspace

_REFRESH = 1.0
"""Seconds between two looks at the records."""


class GameDaysScreen(Screen[None]):
    """Start a game day, or look at one that runs or ran."""

    CSS_PATH = Path(__file__).with_name("home.tcss")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "other_list", "files/records", priority=True, tooltip="go to the other list"),
        Binding(
            "enter",
            "open",
            "start/open",
            priority=True,
            tooltip="start the game day, or open the record, that is marked",
        ),
        Binding("q,escape", "app.leave_screen", "back", key_display="q", tooltip="leave this screen"),
    ]

    def __init__(self, workspace: Workspace, who: str, role: Role = "responder") -> None:
        super().__init__()
        self._workspace = workspace
        self._who = who
        self._role: Role = role
        self._shown: list[str] = []

    def compose(self) -> ComposeResult:
        """Files and records."""
        yield Static("game days", id="where")
        with Horizontal(id="lists"):
            yield OptionList(id="drills", compact=True)
            yield OptionList(id="runs", compact=True)
        yield Keys()
        yield TooSmall(*LEAST)

    def on_mount(self) -> None:
        """Fill both lists."""
        files = self.query_one("#drills", OptionList)
        files.border_title = "game days"
        self.query_one("#runs").border_title = "held so far, newest first"
        names = sorted(self._workspace.gamedays())
        files.add_options([Option(Content(name), name) for name in names])
        files.highlighted = 0 if names else None
        files.focus()
        self.set_interval(_REFRESH, self._look)
        self._look()

    def _look(self) -> None:
        labels = {str(path): _record_label(path) for path in reversed(records(self._workspace))}
        shown = [f"{path}{label.plain}" for path, label in labels.items()]
        if shown == self._shown:
            return
        self._shown = shown
        held = self.query_one("#runs", OptionList)
        held.clear_options()
        held.add_options([Option(label, path) for path, label in labels.items()])
        held.highlighted = 0 if labels else None

    def action_other_list(self) -> None:
        """Go to the other list."""
        here = self.focused.id if self.focused is not None else ""
        self.set_focus(self.query_one("#runs" if here == "drills" else "#drills"))

    def action_open(self) -> None:
        """Take what is marked in the list that has the focus."""
        if isinstance(self.focused, OptionList):
            self.focused.action_select()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Start, or open."""
        if event.option.id is None:
            return
        try:
            if event.option_list.id == "drills":
                self._begin(Launch(self._workspace, ["gameday", event.option.id, "--responder", "human"]))
            else:
                self.app.push_screen(GameDayScreen(self._workspace, Path(event.option.id), self._who, self._role))
        except TocsinError as error:
            console_of(self).say(error)

    def _begin(self, launch: Launch) -> None:
        self.notify("It begins; its record comes into the other list.", timeout=6)

        def look() -> None:
            try:
                launch.check_begun()
            except TocsinError as error:
                self.app.call_from_thread(console_of(self).say, error)

        self.run_worker(look, thread=True)


def _record_label(path: Path) -> Content:
    try:
        record = read_record(path)
    except BadInput as error:
        return Content.assemble(("cannot be read ", "$text-error"), (error.message, "dim"))
    done = sum(entry.state == "done" for entry in record.entries)
    return Content.assemble(
        (f"{record.state:<9}", "bold"),
        f"{record.plan.title}  ",
        (f"{done} of {len(record.entries)}  {record.id}", "dim"),
    )


class GameDayScreen(Screen[None]):
    """One game day: its drills in order, how each went, and the one that runs."""

    CSS_PATH = Path(__file__).with_name("home.tcss")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", "open run", priority=True, tooltip="open the run of the drill that is marked"),
        Binding("o", "summary", "summary", tooltip="read the summary of the game day, once it is over"),
        Binding("q,escape", "app.leave_screen", "back", key_display="q", tooltip="leave this screen"),
    ]

    def __init__(self, workspace: Workspace, path: Path, who: str, role: Role = "responder") -> None:
        """Make the screen of one record.

        Raises:
            BadInput: when it cannot be read.
        """
        super().__init__()
        self._workspace = workspace
        self._path = path
        self._who = who
        self._role: Role = role
        self._record = read_record(path)
        self._shown: GameDayRecord | None = None

    def compose(self) -> ComposeResult:
        """Briefing, drills, debrief."""
        yield Static("", id="where", markup=False)
        with VerticalScroll(id="text"):
            yield Static("", id="briefing", markup=False)
        yield OptionList(id="records", compact=True)
        yield Keys()
        yield TooSmall(*LEAST)

    def on_mount(self) -> None:
        """Show the record, and look at it again and again."""
        self.query_one("#records").focus()
        self.set_interval(_REFRESH, self._look)
        self._show()

    def _look(self) -> None:
        try:
            self._record = read_record(self._path)
        except BadInput:
            return  # it is being written: the next look finds it
        self._show()

    def _show(self) -> None:
        record = self._record
        if record == self._shown:
            return
        self._shown = record
        plan = record.plan
        reason = f": {record.reason}" if record.reason else ""
        self.query_one("#where", Static).update(f"{plan.title}  {record.state}{reason}")
        self.query_one("#briefing", Static).update(_briefing(record))
        entries = self.query_one("#records", OptionList)
        entries.border_title = (
            f"{'drill':<28} {'state':<8} {'verdict':<7} {'TTD':>5} {'TTA':>5} {'TTM':>5} {'TTR':>5} {'score':>5}"
        )
        marked = entries.highlighted
        entries.clear_options()
        entries.add_options([Option(_entry_label(entry), entry.run or f"-{entry.number}") for entry in record.entries])
        entries.highlighted = marked if marked is not None else 0

    def action_open(self) -> None:
        """Take what is marked in the list that has the focus."""
        if isinstance(self.focused, OptionList):
            self.focused.action_select()

    def action_summary(self) -> None:
        """Read the summary."""
        written = sorted(self._path.glob("*.md"))
        if written:
            self.app.push_screen(DocumentScreen(written[0]))
        else:
            self.notify("There is no summary yet: it is written at the end.", severity="warning")

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Open the run of a drill."""
        run = event.option.id or "-"
        if run.startswith("-"):
            self.notify("This drill has no run yet.", severity="warning")
            return
        try:
            self.app.push_screen(run_screen(self._workspace, self._workspace.run(run), self._who, self._role))
        except TocsinError as error:
            console_of(self).say(error)


def _briefing(record: GameDayRecord) -> str:
    plan = record.plan
    parts = [f"Objective: {plan.objective}"]
    parts += [f"{role}: {who}" for role, who in plan.roles.items()]
    parts += [f"Hypothesis: {text}" for text in plan.hypotheses]
    parts += [f"Check {check.what}: {_met(check.met)} {check.detail}".rstrip() for check in record.checks]
    text = plan.debrief if record.state != "running" else plan.briefing
    return "\n".join([*parts, *(["", text] if text else [])])


def _met(met: bool | None) -> str:  # noqa: FBT001 - three answers
    return {True: "met", False: "NOT met", None: "for people to see to"}[met]


def _entry_label(entry: DrillEntry) -> Content:
    """One drill; a blind one that is not done has no name."""
    sealed = bool(entry.plan.blind) and entry.state in ("waiting", "running")
    stamps = entry.stamps
    spans = [
        (stamps.impact, stamps.detected), (stamps.detected, stamps.acknowledged), (stamps.detected, stamps.mitigated),
        (stamps.impact, stamps.resolved),
    ]  # fmt: skip
    times = " ".join(f"{_span(start, end):>5}" for start, end in spans)
    score = "–" if entry.score is None else f"{entry.score:.0f}"
    name = "a blind drill" if sealed else entry.drill
    inks = {"held": "$text-success", "missed": "$text-warning", "unclean": "$text-error"}
    verdict = entry.verdict or "–"
    return Content.assemble(
        f"{name[:28]:<28} {entry.state[:8]:<8} ", (f"{verdict:<7}", inks.get(verdict, "dim")), f" {times} {score:>5}"
    )


def _span(start: float | None, end: float | None) -> str:
    return "–" if start is None or end is None else f"{end - start:.1f}"
