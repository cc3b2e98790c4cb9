"""The database that a stack names as its source of truth."""

from tocsin.director.plan import Plan
from tocsin.errors import BadInput
from tocsin.model.stack import Stack
from tocsin.observe.database import Database


def source_of_truth(plan: Plan, stack: Stack) -> Database:
    """How to reach it, straight and not through an edge.

    Raises:
        BadInput: when the stack's compose file names none.
    """
    declared = plan.files.compose.extension.database
    if declared is None:
        raise BadInput(f"{plan.files.compose_path}: x-tocsin.database is missing, invariants cannot be checked")
    address = stack.address(declared.service)
    password = stack.secret(declared.password)
    return Database(address.host, address.port, declared.user, password, declared.name)
