"""What people do about the incident: each command becomes an event, and remedies go the same way as automatic ones."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import singledispatchmethod
from typing import Any

from tocsin.director.actions import Actions, Orderer
from tocsin.director.incident import Incident
from tocsin.director.people.planning import Planning
from tocsin.director.recorder import Recorder
from tocsin.errors import BadInput, Refused, TocsinError, describe
from tocsin.ledger.client import GuardianLost
from tocsin.model import command as c
from tocsin.model.event import (
    Acknowledged,
    Classified,
    Declared,
    HintTaken,
    HypothesisStated,
    MitigationDeclared,
    RemedyPreviewed,
    ResolutionDeclared,
)
from tocsin.model.remedy import RemedyRecord
from tocsin.model.window import SampleWindow
from tocsin.respond.choice import Choice, Wish, choose_step
from tocsin.respond.hints import hints
from tocsin.respond.registry import remedy_named
from tocsin.suggest import nearest
from tocsin.tape.people import ranked
from tocsin.tape.store import TapeFailed

Done = Callable[["dict[str, Any] | TocsinError"], None]

UNKNOWN = "unknown"
"""A hypothesis may say that the cause is not known."""


@dataclass
class PeopleResponse:
    """Takes responders' commands. ``causes`` are the words for a hypothesis, ``window`` the newest samples."""

    incident: Incident
    actions: Actions
    planning: Planning
    recorder: Recorder
    forbid: list[str]
    causes: list[str]
    window: Callable[[], SampleWindow]
    acknowledged: str = ""
    resolved: bool = False
    _stated: list[HypothesisStated] = field(default_factory=list)
    _classified: bool = False
    _hints: int = 0

    def poll(self) -> None:
        """Go on with what takes longer than a moment."""
        self.planning.poll()

    def close(self) -> None:
        """The drill is over."""
        self.planning.close()

    @singledispatchmethod
    def take(self, command: c.Command, done: Done) -> None:  # noqa: ARG002 - the signature of all that follow
        """Carry a command out.

        Raises:
            TocsinError: when it is refused.
        """
        raise Refused(f"{command.command} is not for responders")

    @take.register
    def _(self, command: c.Acknowledge, done: Done) -> None:
        self._page_or_refuse("acknowledge")
        if self.acknowledged:
            raise Refused(f"{self.acknowledged} has taken the page already")
        self.acknowledged = command.who
        self.recorder.say(Acknowledged(by=command.who, role=command.role))
        done({})

    @take.register
    def _(self, command: c.Declare, done: Done) -> None:
        measured = self.incident.worst() if self.incident.breaches else None
        self.recorder.say(
            Declared(
                severity=command.arguments.severity,
                bad_share=measured.bad_share if measured else 0.0,
                slo=measured.slo if measured else "",
                who=command.who,
                role=command.role,
            )
        )
        done({})

    @take.register
    def _(self, command: c.Hypothesise, done: Done) -> None:
        said = command.arguments
        self._known("cause", said.cause, [*self.causes, UNKNOWN])
        topology = self.incident.rules.topology
        if said.target:
            self._known("target", said.target, [*topology.services, *topology.edges])
        stated = HypothesisStated(
            who=command.who, role=command.role, cause=said.cause, target=said.target, confidence=said.confidence
        )
        self._stated.append(stated)
        self.recorder.say(stated)
        done({})

    @take.register
    def _(self, command: c.Preview, done: Done) -> None:
        choice = self._choose(command.arguments)

        def ready(record: RemedyRecord) -> dict[str, Any]:
            found = self._preview(choice, record)
            self.recorder.say(
                RemedyPreviewed(who=command.who, role=command.role, remedy=record.remedy, target=record.target)
            )
            return found.model_dump(mode="json")

        self.planning.begin(choice, lambda planned: _hand_over(planned, ready, done))

    @take.register
    def _(self, command: c.RunRemedy, done: Done) -> None:
        wanted = command.arguments
        choice = self._choose(wanted)
        danger = remedy_named(wanted.remedy).danger
        if danger and not wanted.confirmed:
            raise Refused(f"{wanted.remedy} has to be confirmed: {danger}", hint="Send it again with confirmed: true.")
        self._not_twice(choice)

        def ready(record: RemedyRecord) -> dict[str, Any]:
            return self._begin(command, choice, record)

        self.planning.begin(choice, lambda planned: _hand_over(planned, ready, done))

    @take.register
    def _(self, command: c.DeclareMitigated, done: Done) -> None:
        self._page_or_refuse("call mitigated")
        self.recorder.say(MitigationDeclared(who=command.who, role=command.role))
        done({})

    @take.register
    def _(self, command: c.DeclareResolved, done: Done) -> None:
        self._page_or_refuse("resolve")
        if self.resolved:
            raise Refused("the incident has been called resolved already")
        self.resolved = True
        self._classify(command.who, "and the incident was called resolved")
        self.recorder.say(ResolutionDeclared(who=command.who, role=command.role))
        done({})

    @take.register
    def _(self, command: c.AskHint, done: Done) -> None:
        known = hints(self.incident.rules.playbooks, self.incident.hypotheses) if self.incident.detected else []
        if not known:
            raise Refused("there is nothing to hint at: no signal is out of the ordinary", hint="Nothing was charged.")
        if self._hints >= len(known):
            raise Refused("there are no more hints", hint="Nothing was charged.")
        hint = known[self._hints]
        self._hints += 1
        self.recorder.say(
            HintTaken(who=command.who, role=command.role, number=self._hints, text=hint.text, cost=hint.cost)
        )
        done(c.HintAnswer(text=hint.text, cost=hint.cost, left=len(known) - self._hints).model_dump(mode="json"))

    def _page_or_refuse(self, what: str) -> None:
        if self.incident.detected is None:
            raise Refused(f"there is nothing to {what}: nothing has paged")

    @staticmethod
    def _known(kind: str, word: str, valid: list[str]) -> None:
        if word not in valid:
            raise BadInput(f"unknown {kind} {word!r}; {nearest(word, valid)}")

    def _choose(self, wanted: c.PreviewArguments) -> Choice:
        if wanted.remedy in self.forbid:
            raise Refused(f"{wanted.remedy} is forbidden in this drill")
        believed = tuple(one.cause for one in ranked(self._stated))
        rules = self.incident.rules
        wish = Wish(wanted.remedy, wanted.target, wanted.cause, wanted.parameters, believed)
        return choose_step(rules.playbooks, rules.topology, wish)

    def _not_twice(self, choice: Choice) -> None:
        if self.actions.under_way(choice.step.remedy, choice.acts_on):
            raise Refused(f"{choice.step.remedy} of {choice.acts_on} is under way already")

    def _preview(self, choice: Choice, record: RemedyRecord) -> c.RemedyPreview:
        step, remedy = choice.step, remedy_named(record.remedy)
        prediction = self.actions.predict(record, self.window())
        return c.RemedyPreview(
            remedy=record.remedy,
            target=record.target,
            parameters=record.parameters,
            will=step.why,
            command=step.command.replace("{target}", record.target),
            before=prediction.before,
            predicted=prediction.predicted,
            grounds=prediction.grounds,
            dangerous=bool(remedy.danger),
            danger=remedy.danger,
            touches=step.touches,
            undo=step.undo or ("put back when the run ends" if remedy.puts_back else "nothing to put back"),
        )

    def _begin(self, command: c.RunRemedy, choice: Choice, record: RemedyRecord) -> dict[str, Any]:
        self._not_twice(choice)
        self._classify(command.who, f"and acted on with {record.remedy}")
        named = record.model_copy(update={"id": self.actions.next_id})
        by = Orderer(command.who, command.role, command.arguments.confirmed)
        self.actions.begin(choice.step, named, self.window(), by)
        return c.RemedyBegun(action=named.id).model_dump(mode="json")

    def _classify(self, who: str, why: str) -> None:
        """The first time that something is done about it, what people believe in most is their diagnosis."""
        if self._classified or not self._stated:
            return
        self._classified = True
        first = ranked(self._stated)[0]
        author = next(
            one.who for one in reversed(self._stated) if (one.cause, one.target) == (first.cause, first.target)
        )
        self.recorder.say(Classified(hypothesis=first, reason=f"stated by {author} {why}", who=who))


def _hand_over(
    planned: RemedyRecord | TocsinError, ready: Callable[[RemedyRecord], dict[str, Any]], done: Done
) -> None:
    """Go on with what was planned; whatever a remedy's code raises is told to the person, and the drill goes on."""
    if isinstance(planned, TocsinError):
        done(planned)
        return
    try:
        found: dict[str, Any] | TocsinError = ready(planned)
    except (GuardianLost, TapeFailed):
        done(Refused("the run is coming to its end"))
        raise
    except Exception as error:  # noqa: BLE001 - a remedy that cannot be predicted here must not cost the drill
        found = error if isinstance(error, TocsinError) else Refused(f"it cannot be done here: {describe(error)}")
    done(found)
