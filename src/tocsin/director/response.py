"""The automatic responder's hands: it is fed once a second, and what it orders is done."""

from dataclasses import dataclass

from tocsin.director.actions import Actions, Orderer
from tocsin.director.incident import Incident
from tocsin.director.recorder import Recorder
from tocsin.errors import TocsinError
from tocsin.model.event import Acknowledged
from tocsin.model.hypothesis import Hypothesis, RemedyStep
from tocsin.model.slo import DeclaredSeverity
from tocsin.model.stack import Stack
from tocsin.model.window import SampleWindow
from tocsin.respond.registry import plan_remedy
from tocsin.respond.responder import AutoResponder, Order, View


@dataclass
class AutoResponse:
    """Feeds the automatic responder and carries out its orders; ``step`` never blocks long."""

    responder: AutoResponder
    incident: Incident
    actions: Actions
    stack: Stack
    recorder: Recorder
    _declared: DeclaredSeverity | None = None

    def __post_init__(self) -> None:
        """The responder hears when a step was carried out."""
        self.actions.carried_out = self.responder.carried_out

    def step(self, window: SampleWindow) -> None:
        """One second: the next order."""
        if self._declared is not None:
            self._declare()
        order = self.responder.next(self._view())
        if order is not None:
            self._obey(order, window)

    def _view(self) -> View:
        return View(
            now=self.recorder.clock.now(),
            detected=self.incident.detected is not None,
            mitigated=self.incident.mitigated is not None,
            classified=self.incident.classified,
            busy=self.actions.busy,
        )

    def _obey(self, order: Order, window: SampleWindow) -> None:
        if order.what == "acknowledge":
            self.recorder.say(Acknowledged(by="auto responder"))
            self._declare()
        elif order.what == "tell":
            self.recorder.note(order.text)
        elif order.step is not None and order.hypothesis is not None:
            self._act(order.step, order.hypothesis, window)

    def _declare(self) -> None:
        """Declare the worst severity seen so far; said again only when it is worse than what was declared."""
        worst = self.incident.worst()
        if self._declared is None or worst.severity < self._declared:  # SEV1 is the gravest
            self._declared = worst.severity
            self.recorder.say(worst)

    def _act(self, step: RemedyStep, hypothesis: Hypothesis, window: SampleWindow) -> None:
        try:
            record = plan_remedy(step, hypothesis.target, self.stack, self.actions.next_id)
        except TocsinError as error:
            self.recorder.note(f"the remedy {step.remedy} could not be planned: {error.message}")
            self.responder.carried_out(step, self.recorder.clock.now())
            return
        self.actions.begin(step, record, window, Orderer())
