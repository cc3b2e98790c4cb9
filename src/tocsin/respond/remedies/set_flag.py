"""set_flag: flip operator flags of the application, for example to bypass a sick dependency."""

from typing import ClassVar

from pydantic import BaseModel, ConfigDict

from tocsin.model.remedy import Prediction, RemedyRecord
from tocsin.model.stack import Stack
from tocsin.respond.effects import Expectation, expect_slo, measure_slo
from tocsin.respond.remedies.flags import flag_residue, planned_flags
from tocsin.respond.remedy import Scene


class SetFlagParameters(BaseModel):
    """``flags``: what they shall be."""

    model_config = ConfigDict(extra="forbid")

    flags: dict[str, bool]


class SetFlag:
    """Sets flags; put back to what they were when the run is over."""

    name: ClassVar[str] = "set_flag"
    Parameters: ClassVar[type[BaseModel]] = SetFlagParameters
    puts_back: ClassVar[bool] = True
    danger: ClassVar[str] = ""

    def plan(self, stack: Stack, record: RemedyRecord) -> RemedyRecord:
        """What the flags are now."""
        now = stack.flags()
        return record.model_copy(update={"prior": {name: now[name] for name in record.parameters["flags"]}})

    def apply(self, stack: Stack, record: RemedyRecord) -> None:
        """Set them."""
        for name, value in record.parameters["flags"].items():
            stack.set_flag(name, value)

    def revert(self, stack: Stack, record: RemedyRecord) -> None:
        """Back to what they were when the stack had become ready."""
        for name, value in planned_flags(stack, record).items():
            stack.set_flag(name, value)

    def residue(self, stack: Stack, record: RemedyRecord) -> list[str]:
        """Flags that are not back."""
        return flag_residue(stack, record)

    def predict(self, scene: Scene, record: RemedyRecord) -> Prediction:
        """Requests stop waiting for the bypassed dependency at once."""
        expectation = Expectation()
        flags = ", ".join(f"{name}={value}" for name, value in record.parameters["flags"].items())
        expect_slo(scene, expectation, 2.0, f"{flags} takes effect with the next request; those waiting end first")
        return expectation.done()

    def measure(self, scene: Scene, record: RemedyRecord, done: float) -> dict[str, float]:  # noqa: ARG002
        """SLO."""
        return measure_slo(scene, done)
