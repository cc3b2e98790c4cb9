"""What a load counts: a tally for every phase and request name, and the generator's own lag for every phase."""

from collections.abc import Mapping, Sequence
from typing import Any

from tocsin.load.tally import Lag, Tally


class Measure:
    """The counts of one process, or of several added up.

    Attributes:
        rows: for each phase of the course, the tally of each request name.
        lags: for each phase of the course, how late the generator was.
        in_flight, users: now.
    """

    def __init__(self, requests: Sequence[str], phases: int) -> None:
        """``requests`` are the names that will occur; all start at nought."""
        self.requests = tuple(requests)
        self.rows = [{name: Tally() for name in requests} for _ in range(phases)]
        self.lags = [Lag() for _ in range(phases)]
        self.in_flight = 0
        self.users = 0

    def of(self, request: str) -> Tally:
        """The requests of a name, over all phases."""
        return added([row[request] for row in self.rows])

    def lag(self) -> Lag:
        """How late the generator was, over all phases."""
        whole = Lag()
        for lag in self.lags:
            whole.add(lag)
        return whole

    def add(self, other: "Measure") -> None:
        """Take in what another process has counted."""
        for row, theirs in zip(self.rows, other.rows, strict=True):
            for name, tally in row.items():
                tally.add(theirs[name])
        for lag, their_lag in zip(self.lags, other.lags, strict=True):
            lag.add(their_lag)
        self.in_flight += other.in_flight
        self.users += other.users

    def packed(self) -> dict[str, Any]:
        """For a message."""
        return {
            "rows": [{name: tally.packed() for name, tally in row.items() if tally.scheduled} for row in self.rows],
            "lags": [lag.packed() for lag in self.lags],
            "in_flight": self.in_flight,
            "users": self.users,
        }

    def unpacked(self, message: Mapping[str, Any]) -> "Measure":
        """The counts of a message from a process with the same requests and phases as this one."""
        theirs = Measure(self.requests, len(self.rows))
        for row, packed in zip(theirs.rows, message["rows"], strict=True):
            row.update({name: Tally.unpacked(tally) for name, tally in packed.items()})
        theirs.lags = [Lag.unpacked(lag) for lag in message["lags"]]
        theirs.in_flight, theirs.users = int(message["in_flight"]), int(message["users"])
        return theirs


def added(tallies: Sequence[Tally]) -> Tally:
    """Several tallies as one."""
    whole = Tally()
    for tally in tallies:
        whole.add(tally)
    return whole
