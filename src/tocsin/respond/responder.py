"""The automatic responder: a state machine fed once a second that says what to do next. No I/O."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from tocsin.model.hypothesis import Hypothesis, Playbook, RemedyStep
from tocsin.respond.playbooks import choose


@dataclass(frozen=True)
class View:
    """What the responder knows this second."""

    now: float
    detected: bool
    mitigated: bool
    classified: Hypothesis | None
    busy: bool  # a remedy is being carried out


@dataclass(frozen=True)
class Order:
    """What to do: acknowledge and declare, carry a step out, or tell why nothing is done."""

    what: Literal["acknowledge", "act", "tell"]
    step: RemedyStep | None = None
    hypothesis: Hypothesis | None = None
    text: str = ""


@dataclass
class AutoResponder:
    """Acknowledges, waits for the diagnosis, goes through its playbook step by step until the system is well."""

    playbooks: Sequence[Playbook]
    forbid: Sequence[str]
    _acknowledged: bool = False
    _steps: list[RemedyStep] | None = None
    _watch_until: float = 0.0
    _told: bool = False
    _orders: list[Order] = field(default_factory=list)

    def next(self, view: View) -> Order | None:
        """The next order, or None while there is nothing to do."""
        if not view.detected:
            return None
        if not self._acknowledged:
            self._acknowledged = True
            return Order("acknowledge")
        if view.classified is None or view.mitigated or view.busy:
            return None
        if self._steps is None:
            self._steps, left_out = choose(self.playbooks, view.classified, self.forbid)
            self._orders = [Order("tell", text=text) for text in left_out]
        if self._orders:
            return self._orders.pop(0)
        return self._act(view, view.classified)

    def _act(self, view: View, hypothesis: Hypothesis) -> Order | None:
        if view.now < self._watch_until:
            return None
        if not self._steps:
            text = "" if self._told else "every remedy of the playbook has been tried"
            self._told = True
            return Order("tell", text=text) if text else None
        step = self._steps.pop(0)
        self._watch_until = float("inf")  # until it has been carried out
        return Order("act", step=step, hypothesis=hypothesis)

    def carried_out(self, step: RemedyStep, now: float) -> None:
        """A step was carried out: watch for its effect before the next."""
        self._watch_until = now + step.wait
