"""mysql.connection_exhaustion: somebody has taken the database's connections and gives none back."""

from typing import ClassVar

from asyncmy.errors import MySQLError
from pydantic import BaseModel, ConfigDict, Field

from tocsin.model.fault import FaultSpec, Injection, Proof
from tocsin.model.stack import Stack
from tocsin_faults.mysql import sessions
from tocsin_faults.mysql.sessions import Statement, borne, connect, end, end_others, held, hold, is_full, owners

_SPARE, _ENDLESS = 30, 600
"""Seconds beyond the injection's planned length after which the server ends the sessions by itself; without one."""
_ROUNDS = 5
"""How often others are ended and the freed connections are taken, at most."""
_SIT: list[Statement] = [("START TRANSACTION WITH CONSISTENT SNAPSHOT", ())]
"""As a leak does: each sits in a transaction, by which operators, and a look at the stack, see it."""


class ConnectionExhaustionParameters(BaseModel):
    """``spare``: connections left to all others; ``end_others``: whether those of others are ended at the beginning."""

    model_config = ConfigDict(extra="forbid")

    spare: int = Field(default=1, ge=0, le=10_000, description="connections that are left to all others")
    end_others: bool = Field(
        default=True, description="end the others' connections, so that they must come back (a pool keeps its own else)"
    )


class ConnectionExhaustion:
    """Sessions of the guardian take all of ``max_connections`` but a few; whoever comes finds the server full.

    The setting itself stays as it is. The connections come free when the sessions are ended, when the guardian dies,
    and by themselves a while after the injection's time.
    """

    spec: ClassVar[FaultSpec] = FaultSpec(
        id="mysql.connection_exhaustion",
        cause="mysql.connection_exhaustion",
        component="mysql",
        holds="settings",
        undo="expires",
        summary="take nearly all connections of the database; they end by themselves",
    )
    Parameters: ClassVar[type[BaseModel]] = ConnectionExhaustionParameters

    def plan(self, stack: Stack, injection: Injection) -> Injection:
        """A mark for each session, and the seconds after which the server ends them."""
        with connect(stack, injection) as session:
            most = int(session.rows("SELECT @@global.max_connections")[0][0])
        wanted = max(1, most - injection.parameters["spare"])
        marks = [f"tocsin-{injection.id}-{number}" for number in range(1, wanted + 1)]
        expires = int(injection.duration or _ENDLESS) + _SPARE
        return injection.model_copy(update={"prior": {"most": most, "marks": marks, "expires": expires}})

    def apply(self, stack: Stack, injection: Injection) -> None:
        """Take what is free, end the others, take what that has freed, until all are ours."""
        marks = injection.prior["marks"]
        for _ in range(_ROUNDS):
            complete = _take(stack, injection)
            session = held(marks)
            if session is None or not injection.parameters["end_others"]:
                return
            end_others(session, marks)
            if complete:
                return

    def revert(self, stack: Stack, injection: Injection) -> None:
        """End the sessions, whichever process they belong to."""
        end(stack, injection, injection.prior["marks"])

    def bites(self, stack: Stack, injection: Injection) -> Proof:
        """The sessions are there, and a new connection is refused because the server is full."""
        refused = _refused(stack, injection)
        with connect(stack, injection) as session:
            ours = len(owners(session, injection.prior["marks"]))
        text = f"a new connection is {'refused' if refused else 'taken'}"
        return Proof(holds=refused and ours > 0, evidence=f"{text}; {ours} of {injection.prior['most']} are held")

    def residue(self, stack: Stack, injection: Injection) -> list[str]:
        """Sessions that are still there."""
        if not stack.replicas(injection.target):
            return []
        with connect(stack, injection) as session:
            left = len(owners(session, injection.prior["marks"]))
        return [f"{left} connections of {injection.target} are still held"] if left else []


def _take(stack: Stack, injection: Injection) -> bool:
    """Open the sessions that are missing until the server is full; True when none is missing any more."""
    marks = injection.prior["marks"]
    session = held(marks)
    taken = set() if session is None else borne(session, marks)
    for mark in marks:
        if mark in taken:
            continue
        try:
            hold(stack, injection, mark, injection.prior["expires"], _SIT)
        except MySQLError as error:
            if is_full(error):
                return False
            raise
    return True


def _refused(stack: Stack, injection: Injection) -> bool:
    try:
        sessions.Session(stack.address(injection.target), stack.login(injection.target)).close()
    except MySQLError as error:
        if is_full(error):
            return True
        raise
    return False
