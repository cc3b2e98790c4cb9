"""The drill's invariants, checked once the load is off, while the director keeps its lease."""

from collections.abc import Callable
from pathlib import Path

from tocsin.director.aside import aside
from tocsin.director.plan import Plan
from tocsin.director.source import source_of_truth
from tocsin.ledger.client import GuardianClient
from tocsin.load.handler import RECEIPTS
from tocsin.model.event import InvariantChecked
from tocsin.model.stack import Stack
from tocsin.observe.invariants import check_invariants


def check_drill_invariants(
    plan: Plan, stack: Stack, folder: Path, guardian: GuardianClient, interrupted: Callable[[], None]
) -> list[InvariantChecked]:
    """Check the drill's invariants; they may wait for work in flight to drain, and ``interrupted`` may end that."""
    database = source_of_truth(plan, stack)

    def check() -> list[InvariantChecked]:
        return check_invariants(plan.files.invariants, plan.drill.invariants, database, folder / RECEIPTS)

    return aside("invariants", check, guardian, interrupted)
