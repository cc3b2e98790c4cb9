"""Remedies of a run, whoever ordered them: asked of the guardian, their effect predicted before, measured after."""

from collections.abc import Callable
from dataclasses import dataclass, field

from tocsin.director.incident import Incident, Rules
from tocsin.director.recorder import Recorder
from tocsin.errors import TocsinError
from tocsin.ledger.client import GuardianClient, GuardianLost
from tocsin.model.event import ActionDone, ActionMeasured, ActionStarted, ActionUndone
from tocsin.model.hypothesis import RemedyStep
from tocsin.model.person import Role
from tocsin.model.remedy import Prediction, RemedyRecord
from tocsin.model.slo import Breach
from tocsin.model.window import SampleWindow
from tocsin.respond.registry import remedy_named
from tocsin.respond.remedy import Scene

MEASURE_AFTER = 22.0
"""Seconds after a remedy at which its effect is measured: ten to settle, ten to look at, two to arrive."""

_NOTHING_PAGES = Breach(
    slo="", at=0.0, second=0.0, impact=0.0, rule="ratio", query="", value=0.0, threshold=0.0, severity="SEV3"
)
"""Stands for the breach where people act before anything pages: there is no SLO whose return could be predicted."""


@dataclass(frozen=True)
class Orderer:
    """Who ordered a remedy; the defaults are the automatic responder."""

    who: str = ""
    role: Role | None = None
    confirmed: bool = False


@dataclass
class _Action:
    """A remedy under way or done."""

    step: RemedyStep
    record: RemedyRecord
    request: int
    begun: float
    breach: Breach
    done: float | None = None
    failed: bool = False
    measured: bool = False


@dataclass
class Actions:
    """Carries remedies out; ``step`` is called once a second and never blocks long."""

    rules: Rules
    incident: Incident
    guardian: GuardianClient
    recorder: Recorder
    carried_out: Callable[[RemedyStep, float], None] = lambda _step, _now: None
    acted: str = ""
    acted_at: float = 0.0
    _actions: list[_Action] = field(default_factory=list)

    @property
    def busy(self) -> bool:
        """True while a remedy is being carried out."""
        return any(action.done is None for action in self._actions)

    def under_way(self, remedy: str, target: str) -> bool:
        """True while the very same is being carried out."""
        return any(a.done is None and (a.record.remedy, a.record.target) == (remedy, target) for a in self._actions)

    @property
    def next_id(self) -> str:
        """What the next remedy's record must be called."""
        return f"a{len(self._actions) + 1}"

    def predict(self, record: RemedyRecord, window: SampleWindow) -> Prediction:
        """What a planned remedy is expected to do."""
        return remedy_named(record.remedy).predict(self._scene(window, self.gravest()), record)

    def begin(self, step: RemedyStep, record: RemedyRecord, window: SampleWindow, by: Orderer) -> None:
        """Predict a planned remedy and have it carried out."""
        breach = self.gravest()
        prediction = self.predict(record, window)
        self.recorder.say(
            ActionStarted(
                action=record.id,
                remedy=step.remedy,
                target=record.target,
                parameters=record.parameters,
                why=step.why,
                before=prediction.before,
                predicted=prediction.predicted,
                grounds=prediction.grounds,
                who=by.who,
                role=by.role,
                confirmed=by.confirmed,
            )
        )
        request = self.guardian.apply(record.id, "remedy", record.model_dump(mode="json"))
        self._actions.append(_Action(step, record, request, self.recorder.clock.now(), breach))

    def step(self, window: SampleWindow) -> None:
        """One second: answers of the guardian, effects to measure."""
        for action in self._actions:
            if action.done is None:
                self._await(action)
            elif not action.measured and window.end - action.done >= MEASURE_AFTER:
                self._measure(action, window)

    def measure_rest(self, window: SampleWindow) -> None:
        """At the end of the drill: measure what has not been measured yet, with what there is."""
        for action in self._actions:
            if action.done is not None and not action.measured:
                self._measure(action, window)

    def undo(self, wait: Callable[[int], dict[str, object]]) -> None:
        """Put back every remedy's change, last first."""
        for action in reversed(self._actions):
            if action.failed:
                continue
            wait(self.guardian.revert(action.record.id))
            if remedy_named(action.record.remedy).puts_back:
                self.recorder.say(ActionUndone(action=action.record.id))

    def gravest(self) -> Breach:
        """The breach that a remedy is to end: of an SLO where there is one, for it can be measured."""
        slos = self.rules.slos.slos
        found = self.incident.breaches
        if not found:
            return _NOTHING_PAGES
        return min(found, key=lambda breach: (breach.slo not in slos, breach.severity, breach.at))

    def _await(self, action: _Action) -> None:
        try:
            answer = self.guardian.answer(action.request)
        except GuardianLost:
            raise
        except TocsinError as error:
            action.failed = True
            self._finish(action, error.message)
            return
        if answer is not None:
            self.acted = f"{action.record.remedy} of {action.record.target}"
            self.acted_at = self.recorder.clock.now()
            self._finish(action, "")

    def _finish(self, action: _Action, error: str) -> None:
        now = self.recorder.clock.now()
        action.done = now
        action.measured = action.failed
        self.recorder.say(ActionDone(action=action.record.id, seconds=round(now - action.begun, 2), error=error))
        self.carried_out(action.step, now)

    def _measure(self, action: _Action, window: SampleWindow) -> None:
        action.measured = True
        remedy = remedy_named(action.record.remedy)
        measured = remedy.measure(self._scene(window, action.breach), action.record, action.done or 0.0)
        self.recorder.say(ActionMeasured(action=action.record.id, measured=measured))

    def _scene(self, window: SampleWindow, breach: Breach) -> Scene:
        rules = self.rules
        return Scene(window, rules.signals, rules.slos, rules.topology, breach, self.incident.baseline)
