"""warm_cache: rebuild what a cache held from the source of truth."""

from typing import ClassVar

from pydantic import BaseModel, ConfigDict

from tocsin.model.remedy import Prediction, RemedyRecord
from tocsin.model.stack import Stack
from tocsin.respond.effects import Expectation, expect_family, expect_slo, measure_family, measure_slo
from tocsin.respond.remedy import Scene

HOOK = "rebuild"
MISSES = "cache_miss_share"


class WarmCacheParameters(BaseModel):
    """None."""

    model_config = ConfigDict(extra="forbid")


class WarmCache:
    """Calls the stack's rebuild hook; there is nothing to undo."""

    name: ClassVar[str] = "warm_cache"
    Parameters: ClassVar[type[BaseModel]] = WarmCacheParameters
    puts_back: ClassVar[bool] = False
    danger: ClassVar[str] = ""

    def plan(self, stack: Stack, record: RemedyRecord) -> RemedyRecord:  # noqa: ARG002 - nothing to record
        """Nothing to record."""
        return record

    def apply(self, stack: Stack, record: RemedyRecord) -> None:  # noqa: ARG002 - the whole cache is rebuilt
        """Rebuild."""
        stack.call_hook(HOOK)

    def revert(self, stack: Stack, record: RemedyRecord) -> None:
        """Nothing to put back."""

    def residue(self, stack: Stack, record: RemedyRecord) -> list[str]:  # noqa: ARG002 - the Protocol's signature
        """Nothing that could be left."""
        return []

    def predict(self, scene: Scene, record: RemedyRecord) -> Prediction:
        """Misses go back to their healthy share as soon as the rebuild is done."""
        expectation = Expectation()
        expect_slo(scene, expectation, 2.0, "readers hit again as soon as the rebuild is done")
        for place in _places(scene, record.target):
            expect_family(scene, expectation, MISSES, "cache_miss", place)
        return expectation.done()

    def measure(self, scene: Scene, record: RemedyRecord, done: float) -> dict[str, float]:
        """SLO and misses."""
        measured = measure_slo(scene, done)
        for place in _places(scene, record.target):
            measured |= measure_family(scene, done, MISSES, "cache_miss", place)
        return measured


def _places(scene: Scene, target: str) -> list[str]:
    """Where misses may be told: the cache itself or its callers."""
    return [target, *sorted(scene.topology.callers(target))]
