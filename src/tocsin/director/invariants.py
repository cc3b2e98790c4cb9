"""The drill's invariants, checked once the load is off, while the director keeps its lease."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tocsin.director.plan import Plan
from tocsin.errors import BadInput
from tocsin.ledger.client import GuardianClient
from tocsin.load.handler import RECEIPTS
from tocsin.model.event import InvariantChecked
from tocsin.model.stack import Stack
from tocsin.observe.invariants import Database, check_invariants


def check_drill_invariants(
    plan: Plan, stack: Stack, folder: Path, names: list[str], guardian: GuardianClient
) -> list[InvariantChecked]:
    """Check the named invariants; they may wait for work in flight to drain."""
    database = _database(plan, stack)
    with ThreadPoolExecutor(max_workers=1) as pool:
        work = pool.submit(check_invariants, plan.files.invariants, names, database, folder / RECEIPTS)
        while not work.done():
            guardian.pump(0.1)
        return work.result()


def _database(plan: Plan, stack: Stack) -> Database:
    declared = plan.files.compose.extension.database
    if declared is None:
        raise BadInput(f"{plan.files.compose_path}: x-tocsin.database is missing, invariants cannot be checked")
    address = stack.address(declared.service)
    password = stack.secret(declared.password)
    return Database(address.host, address.port, declared.user, password, declared.name)
