"""Work beside the heartbeat: in a thread, while the director keeps its lease and hears of interruptions."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

from tocsin.ledger.client import GuardianClient

T = TypeVar("T")


def aside(name: str, work: Callable[[], T], guardian: GuardianClient, interrupted: Callable[[], None]) -> T:
    """The result of ``work``; ``interrupted`` may raise to end the wait for it, and what work raises is raised here."""
    done: Future[T] = Future()

    def run() -> None:
        try:
            done.set_result(work())
        except Exception as error:  # noqa: BLE001 - raised again where the result is asked for
            done.set_exception(error)

    threading.Thread(target=run, daemon=True, name=name).start()
    while not done.done():
        interrupted()
        guardian.pump(0.1)
    return done.result()
