"""shed_load: refuse the costliest requests at once so that the others live."""

from typing import ClassVar

from pydantic import BaseModel, ConfigDict

from tocsin.model.remedy import Prediction, RemedyRecord
from tocsin.model.stack import Stack
from tocsin.respond.effects import Expectation, expect_slo, measure_slo
from tocsin.respond.remedies.flags import flag_residue, planned_flags
from tocsin.respond.remedy import Scene

FLAG = "shed_load"


class ShedLoadParameters(BaseModel):
    """None."""

    model_config = ConfigDict(extra="forbid")


class ShedLoad:
    """Flips the application's shed_load flag; put back when the run is over."""

    name: ClassVar[str] = "shed_load"
    Parameters: ClassVar[type[BaseModel]] = ShedLoadParameters
    puts_back: ClassVar[bool] = True
    danger: ClassVar[str] = "customers are refused on purpose"

    def plan(self, stack: Stack, record: RemedyRecord) -> RemedyRecord:
        """What the flag is now."""
        return record.model_copy(update={"prior": {FLAG: stack.flags()[FLAG]}})

    def apply(self, stack: Stack, record: RemedyRecord) -> None:  # noqa: ARG002 - one flag for the whole application
        """Shed."""
        stack.set_flag(FLAG, True)

    def revert(self, stack: Stack, record: RemedyRecord) -> None:
        """Back to what it was when the stack had become ready."""
        stack.set_flag(FLAG, planned_flags(stack, record)[FLAG])

    def residue(self, stack: Stack, record: RemedyRecord) -> list[str]:
        """Load is still shed."""
        return flag_residue(stack, record)

    def predict(self, scene: Scene, record: RemedyRecord) -> Prediction:  # noqa: ARG002 - same for every target
        """The rest recovers; what is shed fails at once and counts as bad."""
        expectation = Expectation()
        expect_slo(scene, expectation, 5.0, "the queue behind the shed requests empties; what is shed counts as failed")
        return expectation.done()

    def measure(self, scene: Scene, record: RemedyRecord, done: float) -> dict[str, float]:  # noqa: ARG002
        """SLO."""
        return measure_slo(scene, done)
