"""What remedies share that set operator flags: where the flags go back to, and whether they are back."""

from tocsin.model.remedy import RemedyRecord
from tocsin.model.stack import Stack


def planned_flags(stack: Stack, record: RemedyRecord) -> dict[str, bool]:
    """The flags of a record as the stack was started with; what was there before may have been a fault's doing."""
    planned = stack.planned_flags()
    return {name: planned.get(name, bool(before)) for name, before in record.prior.items()}


def flag_residue(stack: Stack, record: RemedyRecord) -> list[str]:
    """One line for each flag of a record that is not back."""
    now = stack.flags()
    wanted = planned_flags(stack, record)
    return [
        f"flag {name} is {now.get(name)}, planned is {want}" for name, want in wanted.items() if now.get(name) != want
    ]
