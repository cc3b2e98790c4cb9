"""raise_cpu: give a service more CPU."""

import os
from typing import ClassVar

from pydantic import BaseModel, ConfigDict, Field

from tocsin.model.capacity import utilisation
from tocsin.model.remedy import Prediction, RemedyRecord
from tocsin.model.stack import Stack, same_cores
from tocsin.respond.effects import Expectation, expect_family, expect_slo, measure_family, measure_slo
from tocsin.respond.remedy import Scene
from tocsin.respond.sight import healthy_of

THROTTLED = "cpu_throttled_share"


class RaiseCpuParameters(BaseModel):
    """``cores``: the new limit; more than the host has is cut to what it has."""

    model_config = ConfigDict(extra="forbid")

    cores: float = Field(gt=0, le=256, description="CPU limit in cores")


class RaiseCpu:
    """Sets a higher CPU limit; never a lower one than there is."""

    name: ClassVar[str] = "raise_cpu"
    Parameters: ClassVar[type[BaseModel]] = RaiseCpuParameters
    puts_back: ClassVar[bool] = True
    danger: ClassVar[str] = ""

    def plan(self, stack: Stack, record: RemedyRecord) -> RemedyRecord:
        """The limit now, the one the stack was started with, and the one it will be."""
        now = stack.cpu_limit(record.target)
        wanted = min(float(record.parameters["cores"]), float(os.cpu_count() or 1))
        new = None if now is None else max(now, wanted)
        return record.model_copy(
            update={"prior": {"cores": now, "planned": stack.planned_cpu_limit(record.target), "set": new}}
        )

    def apply(self, stack: Stack, record: RemedyRecord) -> None:
        """Set it."""
        stack.set_cpu_limit(record.target, record.prior["set"])

    def revert(self, stack: Stack, record: RemedyRecord) -> None:
        """To the limit that was planned, unless somebody has set another one since (the fault's own revert, say).

        The limit that was there before the remedy may have been the fault's doing, so it is not put back.
        """
        if self._still_set(stack, record):
            stack.set_cpu_limit(record.target, _planned(stack, record))

    def residue(self, stack: Stack, record: RemedyRecord) -> list[str]:
        """The limit is still the raised one."""
        if not self._still_set(stack, record):
            return []
        return [f"CPU limit of {record.target} is still {record.prior['set']}, planned is {_planned(stack, record)}"]

    def _still_set(self, stack: Stack, record: RemedyRecord) -> bool:
        now = stack.cpu_limit(record.target)
        return same_cores(now, record.prior["set"]) and not same_cores(now, _planned(stack, record))

    def predict(self, scene: Scene, record: RemedyRecord) -> Prediction:
        """No more throttling; the utilisation follows from the healthy use and the new limit."""
        expectation = Expectation()
        expect_slo(scene, expectation, 3.0, "queued work is done within seconds once there is CPU for it")
        expect_family(scene, expectation, THROTTLED, "cpu_throttle", record.target)
        used, limit = healthy_of(scene, "cpu", record.target, add=True), record.prior["set"]
        if used is not None and limit:
            busy = utilisation(used, limit)
            expectation.grounds.append(
                f"healthy use {used:.3f} cores of a limit of {limit:g} (was {record.prior['cores']}): "
                f"rho = {busy:.0%}" + ("" if busy < 0.7 else ", above the 70 % at which queues grow fast")
            )
        if record.parameters["cores"] > (os.cpu_count() or 1):
            expectation.grounds.append(f"asked for {record.parameters['cores']:g} cores, the host has {os.cpu_count()}")
        return expectation.done()

    def measure(self, scene: Scene, record: RemedyRecord, done: float) -> dict[str, float]:
        """SLO and throttling."""
        return measure_slo(scene, done) | measure_family(scene, done, THROTTLED, "cpu_throttle", record.target)


def _planned(stack: Stack, record: RemedyRecord) -> float | None:
    if "planned" in record.prior:
        planned: float | None = record.prior["planned"]
        return planned
    return stack.planned_cpu_limit(record.target)
