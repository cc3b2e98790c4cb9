"""scale_out: more replicas of a service."""

from typing import ClassVar

from pydantic import BaseModel, ConfigDict, Field

from tocsin.model.remedy import Prediction, RemedyRecord
from tocsin.model.stack import Stack
from tocsin.respond.backlog import expect_drain, measure_drain
from tocsin.respond.effects import Expectation, expect_slo, measure_slo
from tocsin.respond.remedy import Scene


class ScaleOutParameters(BaseModel):
    """``to``: how many replicas there shall be."""

    model_config = ConfigDict(extra="forbid")

    to: int = Field(ge=1, le=32, description="replicas afterwards")


class ScaleOut:
    """Starts replicas; of consumers only as many work as there are partitions."""

    name: ClassVar[str] = "scale_out"
    Parameters: ClassVar[type[BaseModel]] = ScaleOutParameters
    puts_back: ClassVar[bool] = True
    danger: ClassVar[str] = ""

    def plan(self, stack: Stack, record: RemedyRecord) -> RemedyRecord:
        """How many replicas live, and how many the stack was started with: dead ones count, they will be back."""
        planned = stack.planned_replicas(record.target)
        alive = len(stack.replicas(record.target))
        return record.model_copy(update={"prior": {"replicas": max(alive, planned), "planned": planned}})

    def apply(self, stack: Stack, record: RemedyRecord) -> None:
        """Start what is missing; never fewer than there were."""
        stack.scale(record.target, max(int(record.parameters["to"]), int(record.prior["replicas"])))

    def revert(self, stack: Stack, record: RemedyRecord) -> None:
        """Back to the number that was planned."""
        stack.scale(record.target, _planned(record))

    def residue(self, stack: Stack, record: RemedyRecord) -> list[str]:
        """More replicas than planned are still there."""
        now = len(stack.replicas(record.target))
        planned = _planned(record)
        return [f"{record.target} has {now} replicas, planned are {planned}"] if now > planned else []

    def predict(self, scene: Scene, record: RemedyRecord) -> Prediction:
        """The backlog drains with the replicas that have a partition."""
        expectation = Expectation()
        expect_slo(scene, expectation, 10.0, "new replicas join the group within a rebalance of about 10 s")
        partitions = _partitions(scene)
        wanted = int(record.parameters["to"])
        if partitions and wanted > partitions:
            expectation.grounds.append(
                f"{wanted} replicas, but only {partitions} partitions: {wanted - partitions} of them will be idle"
            )
        expect_drain(scene, expectation, record.target, wanted, partitions or wanted)
        return expectation.done()

    def measure(self, scene: Scene, record: RemedyRecord, done: float) -> dict[str, float]:
        """SLO and backlog."""
        return measure_slo(scene, done) | measure_drain(scene, done, record.target)


def _planned(record: RemedyRecord) -> int:
    return int(record.prior.get("planned", record.prior["replicas"]))


def _partitions(scene: Scene) -> int:
    """Partitions that show a lag of their own; 0 when that is not visible."""
    counts = [
        len(scene.window.of(name, signal))
        for name, signal in scene.signals.items()
        if signal.gauge and "{partition}" in signal.entity
    ]
    return max(counts, default=0)
