"""The drill's invariants, checked once the load is off, while the director keeps its lease."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path

from tocsin.director.plan import Plan
from tocsin.errors import BadInput
from tocsin.ledger.client import GuardianClient
from tocsin.load.handler import RECEIPTS
from tocsin.model.event import InvariantChecked
from tocsin.model.stack import Stack
from tocsin.observe.invariants import Database, check_invariants


def check_drill_invariants(
    plan: Plan, stack: Stack, folder: Path, guardian: GuardianClient, interrupted: Callable[[], None]
) -> list[InvariantChecked]:
    """Check the drill's invariants; they may wait for work in flight to drain, and ``interrupted`` may end that."""
    database = _database(plan, stack)
    work: Future[list[InvariantChecked]] = Future()

    def check() -> None:
        try:
            names = plan.drill.invariants
            work.set_result(check_invariants(plan.files.invariants, names, database, folder / RECEIPTS))
        except Exception as error:  # noqa: BLE001 - raised again where the result is asked for
            work.set_exception(error)

    threading.Thread(target=check, daemon=True, name="invariants").start()
    while not work.done():
        interrupted()
        guardian.pump(0.1)
    return work.result()


def _database(plan: Plan, stack: Stack) -> Database:
    declared = plan.files.compose.extension.database
    if declared is None:
        raise BadInput(f"{plan.files.compose_path}: x-tocsin.database is missing, invariants cannot be checked")
    address = stack.address(declared.service)
    password = stack.secret(declared.password)
    return Database(address.host, address.port, declared.user, password, declared.name)
