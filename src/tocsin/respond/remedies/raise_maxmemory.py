"""raise_maxmemory: let a Redis keep more."""

from typing import ClassVar

import redis
from pydantic import BaseModel, ConfigDict, Field

from tocsin.errors import TocsinError
from tocsin.model.remedy import Prediction, RemedyRecord
from tocsin.model.stack import Stack
from tocsin.respond.effects import Expectation, expect_family, expect_slo, measure_family, measure_slo
from tocsin.respond.remedy import Scene

EVICTIONS = "evictions"
_SETTING = "maxmemory"


class RaiseMaxmemoryParameters(BaseModel):
    """``megabytes``: the new limit."""

    model_config = ConfigDict(extra="forbid")

    megabytes: int = Field(ge=1, le=1_048_576, description="memory limit in megabytes (2^20 bytes)")


class RaiseMaxmemory:
    """Sets a higher memory limit; never a lower one than there is."""

    name: ClassVar[str] = "raise_maxmemory"
    Parameters: ClassVar[type[BaseModel]] = RaiseMaxmemoryParameters
    puts_back: ClassVar[bool] = True
    danger: ClassVar[str] = ""

    def plan(self, stack: Stack, record: RemedyRecord) -> RemedyRecord:
        """The limit now, the one the stack was started with, and the one it will be, in bytes; 0 = unlimited."""
        now = _limit(stack, record)
        wanted = int(record.parameters["megabytes"]) << 20
        planned = int(stack.planned_settings(record.target).get(_SETTING, now))
        new = max(now, wanted) if now else 0
        return record.model_copy(update={"prior": {"bytes": now, "planned": planned, "set": new}})

    def apply(self, stack: Stack, record: RemedyRecord) -> None:
        """Set it."""
        _set(stack, record, record.prior["set"])

    def revert(self, stack: Stack, record: RemedyRecord) -> None:
        """To the limit that was planned, unless somebody has set another one since (the fault's own revert, say)."""
        if self.residue(stack, record):
            _set(stack, record, record.prior["planned"])

    def residue(self, stack: Stack, record: RemedyRecord) -> list[str]:
        """The limit is still the raised one, and that is not the planned one."""
        raised, planned = record.prior["set"], record.prior["planned"]
        if raised == planned or _limit(stack, record) != raised:
            return []
        return [f"{_SETTING} of {record.target} is still {raised}, planned is {planned}"]

    def predict(self, scene: Scene, record: RemedyRecord) -> Prediction:
        """No more evictions."""
        expectation = Expectation()
        expect_slo(scene, expectation, 5.0, "what is read stays in the cache again; popular pages are back in seconds")
        expect_family(scene, expectation, EVICTIONS, "evictions", record.target)
        expectation.grounds.append(f"limit {record.prior['bytes']} bytes → {record.prior['set']} bytes")
        return expectation.done()

    def measure(self, scene: Scene, record: RemedyRecord, done: float) -> dict[str, float]:
        """SLO and evictions."""
        return measure_slo(scene, done) | measure_family(scene, done, EVICTIONS, "evictions", record.target)


def _client(stack: Stack, record: RemedyRecord) -> "redis.Redis":
    address = stack.address(record.target)
    return redis.Redis(host=address.host, port=address.port, socket_timeout=5.0, decode_responses=True)


def _limit(stack: Stack, record: RemedyRecord) -> int:
    try:
        with _client(stack, record) as client:
            return int(client.config_get(_SETTING)[_SETTING])
    except redis.RedisError as error:
        raise TocsinError(f"{_SETTING} of {record.target} cannot be read: {error}") from error


def _set(stack: Stack, record: RemedyRecord, limit: int) -> None:
    try:
        with _client(stack, record) as client:
            client.config_set(_SETTING, limit)
    except redis.RedisError as error:
        raise TocsinError(f"{_SETTING} of {record.target} cannot be set: {error}") from error
