"""Carrying out what the responder orders, through the guardian; each effect is predicted before, measured after."""

from collections.abc import Callable
from dataclasses import dataclass, field

from tocsin.director.incident import Incident, Rules
from tocsin.director.plan import Plan
from tocsin.director.recorder import Recorder
from tocsin.errors import TocsinError
from tocsin.ledger.client import GuardianClient, GuardianLost
from tocsin.model.event import Acknowledged, ActionDone, ActionMeasured, ActionStarted, ActionUndone
from tocsin.model.hypothesis import Hypothesis, RemedyStep
from tocsin.model.remedy import RemedyRecord
from tocsin.model.slo import Breach, DeclaredSeverity
from tocsin.model.stack import Stack
from tocsin.model.window import SampleWindow
from tocsin.respond.registry import plan_remedy, remedy_named
from tocsin.respond.remedy import Scene
from tocsin.respond.responder import AutoResponder, Order, View, responder_for

MEASURE_AFTER = 22.0
"""Seconds after a remedy at which its effect is measured: ten to settle, ten to look at, two to arrive."""


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
class Response:
    """Feeds the responder and carries out its orders; ``step`` is called once a second and never blocks long."""

    plan: Plan
    rules: Rules
    incident: Incident
    stack: Stack
    guardian: GuardianClient
    recorder: Recorder
    acted: str = ""
    acted_at: float = 0.0
    _responder: AutoResponder | None = None
    _actions: list[_Action] = field(default_factory=list)
    _declared: DeclaredSeverity | None = None

    def __post_init__(self) -> None:
        """Choose the responder."""
        self._responder = responder_for(self.plan.responder, self.rules.playbooks, self.plan.drill.respond.forbid)

    def step(self, window: SampleWindow) -> None:
        """One second: answers of the guardian, effects to measure, the next order."""
        for action in self._actions:
            if action.done is None:
                self._await(action)
            elif not action.measured and window.end - action.done >= MEASURE_AFTER:
                self._measure(action, window)
        if self._responder is None:
            return
        if self._declared is not None:
            self._declare()
        order = self._responder.next(self._view())
        if order is not None:
            self._obey(order, window)

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

    def _view(self) -> View:
        return View(
            now=self.recorder.clock.now(),
            detected=self.incident.detected is not None,
            mitigated=self.incident.mitigated is not None,
            classified=self.incident.classified,
            busy=any(action.done is None for action in self._actions),
        )

    def _obey(self, order: Order, window: SampleWindow) -> None:
        if order.what == "acknowledge":
            self._acknowledge()
        elif order.what == "tell":
            self.recorder.note(order.text)
        elif order.step is not None and order.hypothesis is not None:
            self._act(order.step, order.hypothesis, window)

    def _acknowledge(self) -> None:
        self.recorder.say(Acknowledged(by="auto responder"))
        self._declare()

    def _declare(self) -> None:
        """Declare the worst severity seen so far; said again only when it is worse than what was declared."""
        worst = self.incident.worst()
        if self._declared is None or worst.severity < self._declared:  # SEV1 is the gravest
            self._declared = worst.severity
            self.recorder.say(worst)

    def _act(self, step: RemedyStep, hypothesis: Hypothesis, window: SampleWindow) -> None:
        name = f"a{len(self._actions) + 1}"
        now = self.recorder.clock.now()
        try:
            record = plan_remedy(step, hypothesis.target, self.stack, name)
        except TocsinError as error:
            self.recorder.note(f"the remedy {step.remedy} could not be planned: {error.message}")
            self._carried_out(step, now)
            return
        breach = self._gravest()
        prediction = remedy_named(step.remedy).predict(self._scene(window, breach), record)
        self.recorder.say(
            ActionStarted(
                action=name,
                remedy=step.remedy,
                target=record.target,
                parameters=record.parameters,
                why=step.why,
                before=prediction.before,
                predicted=prediction.predicted,
                grounds=prediction.grounds,
            )
        )
        request = self.guardian.apply(name, "remedy", record.model_dump(mode="json"))
        self._actions.append(_Action(step, record, request, now, breach))

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
        self._carried_out(action.step, now)

    def _carried_out(self, step: RemedyStep, now: float) -> None:
        if self._responder is not None:
            self._responder.carried_out(step, now)

    def _measure(self, action: _Action, window: SampleWindow) -> None:
        action.measured = True
        remedy = remedy_named(action.record.remedy)
        measured = remedy.measure(self._scene(window, action.breach), action.record, action.done or 0.0)
        self.recorder.say(ActionMeasured(action=action.record.id, measured=measured))

    def _gravest(self) -> Breach:
        """The breach that a remedy is to end: of an SLO where there is one, for it can be measured."""
        slos = self.rules.slos.slos
        return min(self.incident.breaches, key=lambda breach: (breach.slo not in slos, breach.severity, breach.at))

    def _scene(self, window: SampleWindow, breach: Breach) -> Scene:
        rules = self.rules
        return Scene(window, rules.signals, rules.slos, rules.topology, breach, self.incident.baseline)
