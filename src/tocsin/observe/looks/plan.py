"""What an analysis of a query says, whichever server made it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Plan:
    """Time in all, rows read from tables, and the indexes that were used, in the order of the plan."""

    took_ms: float
    rows_read: float
    keys: list[str]
