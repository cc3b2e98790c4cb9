"""restart: kill every replica of a service and start it again."""

from typing import ClassVar

from pydantic import BaseModel, ConfigDict

from tocsin.model.remedy import Prediction, RemedyRecord
from tocsin.model.stack import Stack
from tocsin.respond.backlog import expect_drain, measure_drain
from tocsin.respond.effects import Expectation, expect_slo, measure_slo
from tocsin.respond.remedy import Scene

READY_SECONDS = 5.0
"""Seconds that replicas usually take to be back; a consumer group also waits for its dead members' session."""
SESSION_SECONDS = 6.0


class RestartParameters(BaseModel):
    """None."""

    model_config = ConfigDict(extra="forbid")


class Restart:
    """Frozen or sick replicas are replaced by fresh ones; there is nothing to undo."""

    name: ClassVar[str] = "restart"
    Parameters: ClassVar[type[BaseModel]] = RestartParameters
    puts_back: ClassVar[bool] = False
    danger: ClassVar[str] = "requests under way on the service fail, and what it held in memory alone is lost"

    def plan(self, stack: Stack, record: RemedyRecord) -> RemedyRecord:
        """How many replicas there are."""
        return record.model_copy(update={"prior": {"replicas": len(stack.replicas(record.target))}})

    def apply(self, stack: Stack, record: RemedyRecord) -> None:
        """Restart all replicas."""
        stack.restart(record.target)

    def revert(self, stack: Stack, record: RemedyRecord) -> None:
        """Nothing to put back."""

    def residue(self, stack: Stack, record: RemedyRecord) -> list[str]:  # noqa: ARG002 - the Protocol's signature
        """Nothing that could be left."""
        return []

    def predict(self, scene: Scene, record: RemedyRecord) -> Prediction:
        """Back at work when the group has let go of its dead members; then the backlog drains."""
        expectation = Expectation()
        consumer = scene.topology.services[record.target].component == "consumer"
        wait = SESSION_SECONDS if consumer else 0.0
        text = f"replicas are back in {READY_SECONDS:g} s" + (f", the group after {wait:g} s more" if wait else "")
        expect_slo(scene, expectation, wait, text)
        if consumer:
            replicas = int(record.prior["replicas"])
            expect_drain(scene, expectation, record.target, replicas, replicas)
        return expectation.done()

    def measure(self, scene: Scene, record: RemedyRecord, done: float) -> dict[str, float]:
        """SLO and backlog."""
        return measure_slo(scene, done) | measure_drain(scene, done, record.target)
