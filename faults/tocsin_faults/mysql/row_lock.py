"""mysql.row_lock: somebody has begun a transaction, has taken hot rows, and does not come back."""

from typing import ClassVar

from asyncmy.errors import MySQLError
from pydantic import BaseModel, ConfigDict, Field

from tocsin.model.fault import FaultSpec, Injection, Proof
from tocsin.model.stack import Stack
from tocsin_faults.mysql.sessions import Session, Statement, connect, end, hold, owners

_NAME = r"^[A-Za-z_][A-Za-z0-9_]{0,63}$"
_TAKEN = (1205, 3572)
"""What MariaDB and MySQL say of a row that somebody else holds."""
_SPARE, _ENDLESS = 30, 600
"""Seconds beyond the injection's planned length after which the server ends the session by itself; without one."""


class RowLockParameters(BaseModel):
    """Which rows: the newest ``rows`` of ``table`` by its key column ``key``."""

    model_config = ConfigDict(extra="forbid")

    table: str = Field(default="coupon_events", pattern=_NAME, description="table whose rows are held")
    key: str = Field(default="id", pattern=_NAME, description="its key column; the highest values are the newest rows")
    rows: int = Field(default=3, ge=1, le=1000, description="rows that are held (1 to 1000), newest first")


class RowLock:
    """A session of the guardian holds rows FOR UPDATE and sits there; whoever wants to change them waits.

    By default these are the newest coupon events, whose row every issued coupon is counted in. The lock goes with the
    session: when it is killed, when the guardian dies, and by itself a while after the injection's time.
    """

    spec: ClassVar[FaultSpec] = FaultSpec(
        id="mysql.row_lock",
        cause="mysql.row_lock",
        component="mysql",
        holds="data",
        undo="expires",
        summary="hold hot rows in a transaction that does not end; it ends by itself",
    )
    Parameters: ClassVar[type[BaseModel]] = RowLockParameters

    def plan(self, stack: Stack, injection: Injection) -> Injection:
        """Name the rows, the session's mark, and the seconds after which the server ends it."""
        table, key, most = (injection.parameters[name] for name in ("table", "key", "rows"))
        with connect(stack, injection) as session:
            found = session.rows(f"SELECT {key} FROM {table} ORDER BY {key} DESC LIMIT {most}")  # noqa: S608 - names
        expires = int(injection.duration or _ENDLESS) + _SPARE
        prior = {"keys": [row[0] for row in found], "marks": [f"tocsin-{injection.id}"], "expires": expires}
        return injection.model_copy(update={"prior": prior})

    def apply(self, stack: Stack, injection: Injection) -> None:
        """Take the rows, and sit on them."""
        statements: list[Statement] = [
            ("SET SESSION innodb_lock_wait_timeout = 5", ()),
            ("BEGIN", ()),
            _take(injection),
        ]
        hold(stack, injection, injection.prior["marks"][0], injection.prior["expires"], statements)

    def revert(self, stack: Stack, injection: Injection) -> None:
        """End the session, whichever process it belongs to."""
        end(stack, injection, injection.prior["marks"])

    def bites(self, stack: Stack, injection: Injection) -> Proof:
        """The session is there, and nobody else gets the rows."""
        with connect(stack, injection) as session:
            holders = owners(session, injection.prior["marks"])
            taken = _taken(session, injection)
            waiting = session.rows("SELECT COUNT(*) FROM information_schema.innodb_trx WHERE trx_state = 'LOCK WAIT'")
        rows = f"{len(injection.prior['keys'])} rows of {injection.parameters['table']}"
        text = f"{rows} are {'refused to others' if taken else 'free'}; {waiting[0][0]} transactions wait for a row"
        return Proof(holds=bool(holders) and taken, evidence=text)

    def residue(self, stack: Stack, injection: Injection) -> list[str]:
        """The session is still there."""
        if not stack.replicas(injection.target):
            return []
        with connect(stack, injection) as session:
            found = owners(session, injection.prior["marks"])
        return [f"connection {owner} of {injection.target} still holds rows; KILL {owner} ends it" for owner in found]


def _take(injection: Injection) -> Statement:
    """Record locks alone: named by key, the gaps between the rows stay free and new rows can be added."""
    table, key, keys = injection.parameters["table"], injection.parameters["key"], injection.prior["keys"]
    marks = ", ".join(["%s"] * len(keys)) or "NULL"
    return f"SELECT {key} FROM {table} WHERE {key} IN ({marks}) FOR UPDATE", keys  # noqa: S608 - names are checked


def _taken(session: Session, injection: Injection) -> bool:
    sql, values = _take(injection)
    try:
        session.rows(f"{sql} NOWAIT", values)  # no transaction is open: what it takes it gives back at once
    except MySQLError as error:
        if error.args[0] in _TAKEN:
            return True
        raise
    return False
