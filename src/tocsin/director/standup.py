"""A stack without a drill: started by a guardian, so that half a stack does not outlive whoever wanted it."""

from collections.abc import Callable
from pathlib import Path

from tocsin.director.ending import Ending
from tocsin.director.interrupts import Interrupts
from tocsin.errors import TocsinError
from tocsin.ledger.client import GuardianClient
from tocsin.model.changes import Changes
from tocsin.model.stack import StackReference
from tocsin.stack.backends import attach
from tocsin.stack.handler import StackStart
from tocsin.stack.places import Places
from tocsin.stack.running import RunningStack

WITHIN = 240.0
"""Seconds that a stack gets to be ready."""


def start_for(places: Places, stack: str, seed: int, changes: Changes | None = None) -> StackStart:
    """The record of a stack start; ``changes`` is what it has otherwise than the compose file."""
    return StackStart(
        stack=stack,
        compose=places.compose,
        folder=places.folder,
        cache=places.cache,
        tools=places.tools,
        seed=seed,
        changes=changes or Changes(),
        backend=places.backend,
    )


def stand_up(
    start: StackStart, folder: Path, interrupts: Interrupts, say: Callable[[str], None], *, lock: int
) -> RunningStack:
    """Bring a stack up and leave it running; interrupted half-way, all of it is taken down again.

    ``folder`` gets the ledger; ``lock`` is the descriptor of the stack's lock.

    Raises:
        StackNotReady: naming the service that did not become ready.
        Aborted: when somebody wants it to end.
    """
    folder.mkdir(parents=True)
    ledger = folder / "ledger.jsonl"
    guardian = GuardianClient(ledger, folder / "guardian.log", say, inherit=(lock,))
    with interrupts.watching():
        try:
            request = guardian.apply("stack", "stack", start.model_dump(mode="json"))
            answer = guardian.wait(request, timeout=WITHIN, interrupted=interrupts.check)
            guardian.wait(guardian.submit("release", entry="stack"), timeout=10.0)
            guardian.wait(guardian.submit("finish"), timeout=10.0)
        except TocsinError:
            ending = Ending(guardian, ledger, say)
            ending.begin()
            ending.wait()
            raise
        guardian.close()
    return attach(StackReference.model_validate(answer["result"]["reference"]))
