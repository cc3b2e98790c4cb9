"""What people can do to a run: each key asks what has to be asked, and sends one command."""

from typing import Any, ClassVar

from textual import work
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen

from tocsin.console.app import console_of
from tocsin.console.link import Link
from tocsin.console.reel import Moment
from tocsin.console.screens.dialogs import Choice, ChoiceDialog, ConfirmDialog, TellDialog, TextDialog
from tocsin.console.screens.run import RunScreen
from tocsin.console.vocabulary import SEVERITIES, STEP, causes, fault_targets, remedies, step_target, targets
from tocsin.errors import TocsinError
from tocsin.model.command import ALLOWED, CommandName, HintAnswer, RemedyPreview
from tocsin.model.person import Role
from tocsin.tape.replay import figures

_COMMAND_OF: dict[str, CommandName] = {
    "acknowledge": "acknowledge", "severity": "declare", "hypothesis": "hypothesise", "remedy": "remedy",
    "update": "update", "mitigated": "mitigated", "resolved": "resolved", "ask_hint": "hint", "note": "note",
    "inject": "inject", "hold": "pause", "give_hint": "give_hint", "stop_run": "stop",
}  # fmt: skip
"""The command behind each action; keys for commands that a role may not send are not there."""


class CommandScreen(RunScreen):
    """A run that people take part in, each in a role."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "acknowledge", "ack", tooltip="acknowledge the page: you take it"),
        Binding("s", "severity", "severity", tooltip="declare how grave the incident is"),
        Binding("h", "hypothesis", "hypothesis", tooltip="say what you take for the cause, and how sure you are"),
        Binding("r", "remedy", "remedy", tooltip="choose a remedy out of the playbooks, look at it, and do it"),
        Binding("u", "update", "update", tooltip="post an update for those who wait"),
        Binding("m", "mitigated", "mitigated", tooltip="declare that users are well again"),
        Binding("v", "resolved", "resolved", tooltip="declare that the incident is over"),
        Binding("k", "ask_hint", "hint", tooltip="ask for a hint; it costs points"),
        Binding("n", "note", "note", tooltip="write down an observation for the retrospective"),
        Binding("i", "inject", "inject", tooltip="break something more"),
        Binding("p", "hold", "hold/go on", tooltip="let the drill's clock stand still, or go on; the load goes on"),
        Binding("g", "give_hint", "give hint", tooltip="give the responders a hint, at no cost"),
        Binding("x", "stop_run", "stop run", tooltip="end the run and undo everything"),
    ]

    def __init__(self, role: Role) -> None:
        super().__init__()
        self.role: Role = role
        self.link: Link | None = None

    def latest(self) -> Moment | None:
        """The run as it is now."""
        raise NotImplementedError

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only what the role may do has a key; what cannot be done any more is dimmed."""
        del parameters
        command = _COMMAND_OF.get(action)
        if command is None:
            return True
        if self.role not in ALLOWED[command]:
            return False
        return True if self.link is not None else None

    async def ask(self, dialog: ModalScreen[Any]) -> Any:
        """Show a dialog and wait for what it says; None when it was left."""
        return await self.app.push_screen_wait(dialog)

    async def send(self, command: CommandName, **arguments: Any) -> dict[str, Any] | None:
        """Send a command; None when it was refused, which is told."""
        if self.link is None:
            return None
        try:
            return await self.link.send(command, arguments)
        except TocsinError as error:
            console_of(self).say(error)
            return None

    async def _tell(self, command: CommandName, done: str, **arguments: Any) -> None:
        if await self.send(command, **arguments) is not None:
            self.notify(done, timeout=3, markup=False)

    async def _write(self, command: CommandName, title: str, done: str, *, name: str = "text") -> None:
        text = await self.ask(TextDialog(title))
        if text is not None:
            await self._tell(command, done, **{name: text})

    # responders

    @work
    async def action_acknowledge(self) -> None:
        """Take the page."""
        await self._tell("acknowledge", "acknowledged")

    @work
    async def action_severity(self) -> None:
        """Declare a severity."""
        severity = await self.ask(ChoiceDialog("How grave is it?", list(SEVERITIES)))
        if severity is not None:
            await self._tell("declare", f"declared {severity}", severity=severity)

    @work
    async def action_hypothesis(self) -> None:
        """State a hypothesis with its confidence."""
        moment = self.latest()
        if moment is None:
            return
        cause = await self.ask(ChoiceDialog("What do you take for the cause?", causes(moment.meta)))
        if cause is None:
            return
        target = await self.ask(ChoiceDialog(f"{cause}: where?", targets(moment.meta, cause)))
        if target is None:
            return
        sure = await self._confidence(cause, target)
        if sure is not None:
            await self._tell(
                "hypothesise", f"{cause} on {target}, {sure:.0%}", cause=cause, target=target, confidence=sure
            )

    async def _confidence(self, cause: str, target: str) -> float | None:
        """How sure somebody is, from 0 to 1; asked again until it is a figure."""
        note = "In per cent, from 0 to 100. Confidence that proves right scores, and so does honest doubt."
        while (text := await self.ask(TextDialog(f"{cause} on {target}: how sure are you?", note, "70"))) is not None:
            try:
                value = float(text.rstrip("% "))
            except ValueError:
                value = -1.0
            if 0 <= value <= 100:
                return value / 100
            note = f"{text!r} is no figure between 0 and 100."
        return None

    @work
    async def action_remedy(self) -> None:
        """Choose a remedy, look at what it would do, and do it."""
        moment = self.latest()
        if moment is None:
            return
        chosen = await self._remedy(moment)
        if chosen is None:
            return
        told = await self.send("preview", **chosen)
        if told is None:
            return
        preview = RemedyPreview.model_validate(told)
        danger = (preview.danger or "it cannot be taken back easily") if preview.dangerous else ""
        if await self.ask(ConfirmDialog(f"{preview.remedy} of {preview.target}", _preview_lines(preview), danger)):
            await self._tell("remedy", f"{preview.remedy} is under way", **chosen, confirmed=True)

    async def _remedy(self, moment: Moment) -> dict[str, str] | None:
        """Remedy, target and cause, as a person chose them."""
        newest = moment.state.people.stated[-1][1] if moment.state.people.stated else None
        cause, target = (newest.cause, newest.target) if newest else ("", "")
        step = await self.ask(ChoiceDialog("Which remedy?", remedies(moment.meta, cause, target)))
        if step is None:
            return None
        book, _, remedy = step.partition(STEP)
        target = step_target(moment.meta, book, remedy, target)
        target = target or await self.ask(ChoiceDialog(f"{remedy} of what?", targets(moment.meta, book)))
        return None if target is None else {"remedy": remedy, "target": target, "cause": book}

    @work
    async def action_update(self) -> None:
        """Post an update."""
        await self._write(
            "update", "Update for those who wait: what is known, what is done, when is the next?", "posted"
        )

    @work
    async def action_mitigated(self) -> None:
        """Declare the incident mitigated."""
        await self._tell("mitigated", "declared mitigated")

    @work
    async def action_resolved(self) -> None:
        """Declare the incident resolved."""
        await self._tell("resolved", "declared resolved")

    @work
    async def action_ask_hint(self) -> None:
        """Ask for a hint."""
        lines = ["A hint helps, and costs points of the score. Each says more than the one before."]
        if not await self.ask(ConfirmDialog("Ask for a hint?", lines)):
            return
        told = await self.send("hint")
        if told is not None:
            hint = HintAnswer.model_validate(told)
            await self.ask(
                TellDialog("Hint", f"{hint.text}\n\nIt cost {hint.cost:g} points; {hint.left} more can be asked for.")
            )

    # facilitator and scribe

    @work
    async def action_note(self) -> None:
        """Write a note."""
        await self._write("note", "Note for the retrospective", "noted")

    @work
    async def action_inject(self) -> None:
        """Break something more."""
        moment = self.latest()
        fault = await self.ask(ChoiceDialog("Which fault?", _faults()))
        if moment is None or fault is None:
            return
        places = fault_targets(moment.meta, fault)
        if not places:
            self.notify(f"nothing in this stack may be touched by {fault}", severity="warning")
            return
        target = await self.ask(ChoiceDialog(f"{fault}: into what?", places))
        seconds = (
            None
            if target is None
            else await self.ask(TextDialog(f"{fault} on {target}: for how many seconds?", "", "30"))
        )
        if seconds is None:
            return
        lines = [f"{fault} into {target} for {seconds} s, now.", "Everything is undone at the end of the run."]
        if await self.ask(ConfirmDialog(f"Inject {fault}?", lines)):
            await self._tell("inject", f"injecting {fault}", fault=fault, target=target, seconds=seconds)

    @work
    async def action_hold(self) -> None:
        """Let the drill's clock stand still, or go on."""
        moment = self.latest()
        held = moment is not None and moment.state.people.is_paused
        command: CommandName = "resume" if held else "pause"
        await self._tell(command, "the drill goes on" if held else "the drill's clock stands still; the load goes on")

    @work
    async def action_give_hint(self) -> None:
        """Help, unasked."""
        await self._write("give_hint", "Hint for the responders", "given")

    @work
    async def action_stop_run(self) -> None:
        """End the run."""
        lines = ["The run ends as aborted. Everything is undone, and the document is written."]
        if await self.ask(ConfirmDialog("Stop this run?", lines, "nobody can go on with it")):
            await self._tell("stop", "stopping", reason="the facilitator ended it")


def _faults() -> list[Choice]:
    from tocsin.inject.registry import fault_names, load_fault  # noqa: PLC0415 - brings every fault with it

    return [Choice(name, name, load_fault(name).spec.summary) for name in fault_names()]


def _preview_lines(preview: RemedyPreview) -> list[str]:
    """What a person should know before they agree."""
    told = {
        "it will": preview.will, "command": preview.command, "now": figures(preview.before),
        "predicted": figures(preview.predicted), "grounds": "; ".join(preview.grounds), "touches": preview.touches,
        "undo": preview.undo,
    }  # fmt: skip
    return [f"{name}: {text}" for name, text in told.items() if text and text != "no figures"]
