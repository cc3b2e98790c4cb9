"""Remedies being planned beside the heartbeat: reading the state of a sick system may take long."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field

from tocsin import clock
from tocsin.errors import Refused, TocsinError, describe
from tocsin.model.remedy import RemedyRecord
from tocsin.model.stack import Stack
from tocsin.respond.choice import Choice
from tocsin.respond.registry import plan_remedy

PLANNED_WITHIN = 15.0
"""Seconds that planning may take; the person is told then that the system does not answer."""
MOST_AT_ONCE = 8

Then = Callable[["RemedyRecord | TocsinError"], None]


@dataclass
class _Under:
    """One planning under way."""

    future: "Future[RemedyRecord]"
    since: float
    then: Then


@dataclass
class Planning:
    """Plans remedies in threads of their own; ``poll`` hands over what is ready, in the caller's thread."""

    stack: Stack
    _under: list[_Under] = field(default_factory=list)

    def begin(self, choice: Choice, then: Then) -> None:
        """Begin to plan; ``then`` gets the record, or why there is none.

        Raises:
            Refused: when too many are under way.
        """
        if len(self._under) >= MOST_AT_ONCE:
            raise Refused("too many remedies are being planned", hint="Wait for those that you asked for.")
        future: Future[RemedyRecord] = Future()

        def run() -> None:
            try:
                future.set_result(plan_remedy(choice.step, choice.target, self.stack, "planned"))
            except Exception as error:  # noqa: BLE001 - told to the person who asked
                future.set_exception(error)

        threading.Thread(target=run, daemon=True, name="plan").start()
        self._under.append(_Under(future, clock.monotonic(), then))

    def poll(self) -> None:
        """Hand over what is ready, and give up what takes too long."""
        for one in list(self._under):
            if not one.future.done() and clock.monotonic() - one.since <= PLANNED_WITHIN:
                continue
            self._under.remove(one)
            one.then(_outcome(one.future))

    def close(self) -> None:
        """Nothing more is begun."""
        for one in self._under:
            one.then(Refused("the drill is over"))
        self._under.clear()


def _outcome(future: "Future[RemedyRecord]") -> "RemedyRecord | TocsinError":
    if not future.done():
        return Refused(f"the system has not answered within {PLANNED_WITHIN:g} s; nothing was done")
    error = future.exception()
    if error is None:
        return future.result()
    return error if isinstance(error, TocsinError) else Refused(f"it could not be planned: {describe(error)}")
