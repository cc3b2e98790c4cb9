"""Small questions: choose one of several, write a line, agree to something, read something."""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from tocsin.console.widgets.keys import Keys

_CANCEL = Binding("escape", "dismiss(None)", "cancel", key_display="esc", tooltip="go back and do nothing")


@dataclass(frozen=True)
class Choice:
    """One of several: what is returned, and what is shown."""

    value: str
    label: str
    detail: str = ""


class ChoiceDialog(ModalScreen[str | None]):
    """Choose one; typing narrows the list."""

    CSS_PATH = Path(__file__).with_name("dialog.tcss")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "choose", "choose", priority=True, tooltip="take the one that is marked"),
        Binding("down", "move(1)", "next", priority=True, tooltip="mark the next one"),
        Binding("up", "move(-1)", "previous", priority=True, tooltip="mark the one before"),
        _CANCEL,
    ]

    def __init__(self, title: str, choices: list[Choice], note: str = "") -> None:
        super().__init__()
        self._title = title
        self._choices = choices
        self._note = note

    def compose(self) -> ComposeResult:
        """Title, a field to narrow the list, the list."""
        with Vertical(classes="dialog"):
            yield Static(Content(self._title), classes="title")
            yield Input(placeholder="type to narrow the list", id="narrow", compact=True)
            yield OptionList(*self._options(""), id="choices", compact=True)
            if self._note:
                yield Static(Content(self._note), classes="note")
        yield Keys()

    def on_mount(self) -> None:
        """Mark the first."""
        self.query_one(OptionList).highlighted = 0

    def _options(self, typed: str) -> list[Option]:
        low = typed.lower()
        return [
            Option(Content.assemble(choice.label, (f"  {choice.detail}" if choice.detail else "", "dim")), choice.value)
            for choice in self._choices
            if low in f"{choice.label} {choice.detail}".lower()
        ]

    def on_input_changed(self, event: Input.Changed) -> None:
        """Keep what fits."""
        options = self.query_one(OptionList)
        options.clear_options()
        options.add_options(self._options(event.value))
        options.highlighted = 0 if options.option_count else None

    def action_move(self, by: int) -> None:
        """Mark another."""
        options = self.query_one(OptionList)
        if by > 0:
            options.action_cursor_down()
        else:
            options.action_cursor_up()

    def action_choose(self) -> None:
        """Take the one that is marked."""
        options = self.query_one(OptionList)
        if options.highlighted is not None:
            self.dismiss(options.get_option_at_index(options.highlighted).id)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """A click chooses, too."""
        self.dismiss(event.option.id)


class TextDialog(ModalScreen[str | None]):
    """Write a line."""

    CSS_PATH = Path(__file__).with_name("dialog.tcss")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "send", "send", priority=True, tooltip="take what is written"),
        _CANCEL,
    ]

    def __init__(self, title: str, note: str = "", value: str = "") -> None:
        super().__init__()
        self._title = title
        self._note = note
        self._value = value

    def compose(self) -> ComposeResult:
        """Title and a field."""
        with Vertical(classes="dialog"):
            yield Static(Content(self._title), classes="title")
            yield Input(value=self._value, id="text", compact=True)
            if self._note:
                yield Static(Content(self._note), classes="note")
        yield Keys()

    def action_send(self) -> None:
        """Take what is written, if anything is."""
        text = self.query_one(Input).value.strip()
        if text:
            self.dismiss(text)


_TO_AGREE = "Write yes to do it all the same."


class ConfirmDialog(ModalScreen[bool | None]):
    """Agree to something; where it is dangerous, by the word ``yes`` written out."""

    CSS_PATH = Path(__file__).with_name("dialog.tcss")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "agree", "do it", priority=True, tooltip="do it (where it is dangerous: write yes first)"),
        _CANCEL,
    ]

    def __init__(self, title: str, lines: list[str], danger: str = "") -> None:
        super().__init__()
        self._title = title
        self._lines = lines
        self._danger = danger

    def compose(self) -> ComposeResult:
        """What it will do, which can be scrolled, and the danger of it, which is always to be seen."""
        with Vertical(classes="dialog close"):
            yield Static(Content(self._title), classes="title")
            with VerticalScroll(classes="reading"):
                for line in self._lines:
                    yield Static(Content(line))
            if self._danger:
                yield Static(Content(f"DANGEROUS: {self._danger}. {_TO_AGREE}"), classes="danger")
                yield Input(id="yes", compact=True)
        yield Keys()

    def on_mount(self) -> None:
        """Ready to write."""
        if self._danger:
            self.query_one(Input).focus()

    def action_agree(self) -> None:
        """Agree, if what has to be written is written."""
        if not self._danger or self.query_one(Input).value.strip().lower() == "yes":
            self.dismiss(True)
        else:
            self.notify(_TO_AGREE, severity="warning", timeout=4)


class TellDialog(ModalScreen[None]):
    """Something to read."""

    CSS_PATH = Path(__file__).with_name("dialog.tcss")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,escape", "dismiss", "close", key_display="enter", priority=True, tooltip="close this"),
    ]

    def __init__(self, title: str, text: str) -> None:
        super().__init__()
        self._title = title
        self._text = text

    def compose(self) -> ComposeResult:
        """Title and text."""
        with VerticalScroll(classes="dialog"):
            yield Static(Content(self._title), classes="title")
            yield Static(Content(self._text))
        yield Keys()
