"""Commands that people send to a running drill over its control socket, and the answers they get.

One JSON object a line each way. A command that is accepted becomes one event on the tape; one that is refused is only
answered.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter

from tocsin.model.base import Seconds, Strict
from tocsin.model.person import ByPerson, Role, Text
from tocsin.model.slo import DeclaredSeverity


class Nothing(Strict):
    """A command without arguments."""


class _Request(ByPerson):
    """What every command carries: a number of the sender's choice, repeated in the answer, and who asks."""

    id: int = 0


class _Plain(_Request):
    """A command without arguments."""

    arguments: Nothing = Nothing()


class Attach(_Plain):
    """Somebody begins to watch or take part; the answer says what the run is, as far as the role may know."""

    command: Literal["attach"] = "attach"


class Detach(_Plain):
    """Somebody leaves; the drill goes on."""

    command: Literal["detach"] = "detach"


class Acknowledge(_Plain):
    """A responder takes the page."""

    command: Literal["acknowledge"] = "acknowledge"


class DeclareArguments(Strict):
    """How grave the incident is."""

    severity: DeclaredSeverity


class Declare(_Request):
    """The incident is declared with a severity; a later declaration replaces it."""

    command: Literal["declare"] = "declare"
    arguments: DeclareArguments


class HypothesiseArguments(Strict):
    """A cause by the name of its playbook, where it sits, and how sure the person is (0 to 1)."""

    cause: str
    target: str = ""
    confidence: float = Field(ge=0, le=1)


class Hypothesise(_Request):
    """A person says what they take for the cause."""

    command: Literal["hypothesise"] = "hypothesise"
    arguments: HypothesiseArguments


class PreviewArguments(Strict):
    """A remedy and its target.

    ``cause`` names the playbook whose step is meant; by default that of the newest hypothesis, then the first that
    has the remedy. ``with`` replaces the step's parameters.
    """

    remedy: str
    target: str = ""
    cause: str = ""
    parameters: dict[str, Any] | None = Field(default=None, alias="with")


class Preview(_Request):
    """What a remedy would do, without doing it."""

    command: Literal["preview"] = "preview"
    arguments: PreviewArguments


class RemedyArguments(PreviewArguments):
    """As for a preview; ``confirmed`` is needed where the remedy is dangerous."""

    confirmed: bool = False


class RunRemedy(_Request):
    """A remedy is carried out."""

    command: Literal["remedy"] = "remedy"
    arguments: RemedyArguments


class TextArguments(Strict):
    """What is to be told."""

    text: Text


class Update(_Request):
    """A status update for those who wait outside the incident."""

    command: Literal["update"] = "update"
    arguments: TextArguments


class DeclareMitigated(_Plain):
    """The responders say that users are well again."""

    command: Literal["mitigated"] = "mitigated"


class DeclareResolved(_Plain):
    """The responders say that the incident is over."""

    command: Literal["resolved"] = "resolved"


class AskHint(_Plain):
    """A responder asks for help; each hint says more than the one before and costs more."""

    command: Literal["hint"] = "hint"


class TakeNote(_Request):
    """An observation for the retrospective."""

    command: Literal["note"] = "note"
    arguments: TextArguments


class InjectArguments(Strict):
    """One more fault, from now on, for so many seconds."""

    fault: str
    target: str
    seconds: Seconds = Field(default=30.0, gt=0)
    parameters: dict[str, Any] = Field(default_factory=dict, alias="with")


class Inject(_Request):
    """The facilitator breaks something more."""

    command: Literal["inject"] = "inject"
    arguments: InjectArguments


class Pause(_Plain):
    """The drill's clock stands still: nothing planned begins or ends meanwhile; the load goes on."""

    command: Literal["pause"] = "pause"


class Resume(_Plain):
    """The drill's clock goes on."""

    command: Literal["resume"] = "resume"


class GiveHint(_Request):
    """The facilitator helps, unasked and at no cost."""

    command: Literal["give_hint"] = "give_hint"
    arguments: TextArguments


class StopArguments(Strict):
    """Why the run is ended."""

    reason: Text = "the facilitator ended it"


class Stop(_Request):
    """The run is ended and everything undone."""

    command: Literal["stop"] = "stop"
    arguments: StopArguments = StopArguments()


Command = Annotated[
    Attach
    | Detach
    | Acknowledge
    | Declare
    | Hypothesise
    | Preview
    | RunRemedy
    | Update
    | DeclareMitigated
    | DeclareResolved
    | AskHint
    | TakeNote
    | Inject
    | Pause
    | Resume
    | GiveHint
    | Stop,
    Field(discriminator="command"),
]

command_data: TypeAdapter[Command] = TypeAdapter(Command)

CommandName = Literal[
    "attach", "detach", "acknowledge", "declare", "hypothesise", "preview", "remedy", "update", "mitigated", "resolved",
    "hint", "note", "inject", "pause", "resume", "give_hint", "stop",
]  # fmt: skip

_EVERYBODY: frozenset[Role] = frozenset({"responder", "commander", "scribe", "observer", "facilitator"})
_RESPONDERS: frozenset[Role] = frozenset({"responder", "commander"})
_FACILITATORS: frozenset[Role] = frozenset({"facilitator"})

ALLOWED: Mapping[CommandName, frozenset[Role]] = {
    "attach": _EVERYBODY,
    "detach": _EVERYBODY,
    "acknowledge": _RESPONDERS,
    "declare": _RESPONDERS,
    "hypothesise": _RESPONDERS,
    "preview": _RESPONDERS,
    "remedy": _RESPONDERS,
    "update": _RESPONDERS | {"scribe"},
    "mitigated": _RESPONDERS,
    "resolved": _RESPONDERS,
    "hint": _RESPONDERS,
    "note": _FACILITATORS | {"scribe"},
    "inject": _FACILITATORS,
    "pause": _FACILITATORS,
    "resume": _FACILITATORS,
    "give_hint": _FACILITATORS,
    "stop": _FACILITATORS,
}
"""Who may send which command."""


class Answer(Strict):
    """The answer to one command; ``id`` is the command's, 0 where that could not be read."""

    id: int = 0
    ok: bool
    result: dict[str, Any] = Field(default_factory=dict)
    error: str = ""
    hint: str = ""


class Attached(Strict):
    """The answer to ``attach``; of a blind run it says nothing of the cause."""

    run: str
    title: str
    blind: bool
    phase: str
    t: float = Field(description="seconds since the start of the run")
    paused: bool
    responder: str = Field(description="who responds in this run: auto, human, script or none")
    commands: list[CommandName] = Field(description="what the role may send")


class RemedyPreview(Strict):
    """The answer to ``preview``: everything that a person should know before they agree."""

    remedy: str
    target: str
    parameters: dict[str, Any]
    will: str = Field(description="what it does, and why the playbook has it")
    command: str = Field(default="", description="what an operator would type")
    before: dict[str, float] = Field(default_factory=dict)
    predicted: dict[str, float] = Field(default_factory=dict)
    grounds: list[str] = Field(default_factory=list)
    dangerous: bool
    danger: str = Field(default="", description="why it has to be confirmed")
    touches: str = Field(default="", description="blast radius: who notices the remedy itself")
    undo: str = ""


class RemedyBegun(Strict):
    """The answer to ``remedy``: it is under way; how it went stands on the tape."""

    action: str


class HintAnswer(Strict):
    """The answer to ``hint``; ``left`` more can be asked for."""

    text: str
    cost: float = Field(description="points of the score")
    left: int
