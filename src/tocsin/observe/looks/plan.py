"""What an analysis of a query says, whichever server made it, and what is to be known of each kind of server."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Plan:
    """Time in all, rows read from tables, and the indexes that were used, in the order of the plan."""

    took_ms: float
    rows_read: float
    keys: list[str]


class Analyser(Protocol):
    """A kind of database server: what makes an analysis of a query, and how its answer is read."""

    ASK: str

    def read(self, answer: str, /) -> Plan:
        """What the analysis says.

        Raises:
            ValueError: when it is none.
        """
