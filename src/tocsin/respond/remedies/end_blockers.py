"""end_blockers: end the database sessions that sit on an open transaction, so that those who wait can go on."""

from typing import ClassVar

from pydantic import BaseModel, ConfigDict

from tocsin.model.remedy import Prediction, RemedyRecord
from tocsin.model.stack import Stack
from tocsin.respond.effects import Expectation, expect_family, expect_slo, measure_family, measure_slo
from tocsin.respond.remedy import Scene
from tocsin.stack.mysql_sessions import IDLE, end_connections, sitting

WAITING = "lock_waits"


class EndBlockersParameters(BaseModel):
    """None."""

    model_config = ConfigDict(extra="forbid")


class EndBlockers:
    """KILLs every session that has a transaction open and has run no statement for 3 s; their work is rolled back."""

    name: ClassVar[str] = "end_blockers"
    Parameters: ClassVar[type[BaseModel]] = EndBlockersParameters
    puts_back: ClassVar[bool] = False
    danger: ClassVar[str] = "the sessions' uncommitted work is rolled back, whoever they belong to"

    def plan(self, stack: Stack, record: RemedyRecord) -> RemedyRecord:
        """Who sits there now."""
        found = sitting(stack.address(record.target), stack.login(record.target))
        return record.model_copy(update={"prior": {"connections": found}})

    def apply(self, stack: Stack, record: RemedyRecord) -> None:
        """End those who still sit there: a number may belong to somebody else by now."""
        address, login = stack.address(record.target), stack.login(record.target)
        still = set(sitting(address, login))
        end_connections(address, login, [number for number in record.prior["connections"] if number in still])

    def revert(self, stack: Stack, record: RemedyRecord) -> None:
        """Nothing to put back: a transaction that was rolled back is its owner's to try again."""

    def residue(self, stack: Stack, record: RemedyRecord) -> list[str]:  # noqa: ARG002 - the Protocol's signature
        """Nothing that could be left."""
        return []

    def predict(self, scene: Scene, record: RemedyRecord) -> Prediction:
        """Those who wait get their rows at once; then the backlog drains."""
        expectation = Expectation()
        number = len(record.prior["connections"])
        expect_slo(scene, expectation, 5.0, f"{number} sessions sit on a transaction (idle for {IDLE} s or more)")
        expect_family(scene, expectation, WAITING, "lock_wait", record.target)
        return expectation.done()

    def measure(self, scene: Scene, record: RemedyRecord, done: float) -> dict[str, float]:
        """SLO and waits for rows."""
        return measure_slo(scene, done) | measure_family(scene, done, WAITING, "lock_wait", record.target)
