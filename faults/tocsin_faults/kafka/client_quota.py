"""kafka.client_quota: a broker's quota keeps the clients of an application waiting."""

from typing import TYPE_CHECKING, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from tocsin.errors import BadInput
from tocsin.model.fault import FaultSpec, Injection, Proof
from tocsin.model.stack import Stack

if TYPE_CHECKING:
    from tocsin_faults.kafka.broker import Broker


class ClientQuotaParameters(BaseModel):
    """``group``: whose members are throttled. ``percent``: what each of their client names may use."""

    model_config = ConfigDict(extra="forbid")

    group: str = Field(min_length=1, description="consumer group whose members are throttled")
    percent: float = Field(
        default=0.01, ge=0.001, le=100.0, description="share of the time of one broker thread, in %, per client name"
    )


class ClientQuota:
    """Gives the members of a group, under the names that they really bear, a request quota that they exceed.

    The broker then answers each request at once and takes the next one over that connection up to a second later
    (its quota window): fetches, heartbeats and commits get slow, and nothing fails. A quota of bytes would not do:
    one far below what was read just before puts a client off for minutes, also when the quota has long been removed.
    """

    spec: ClassVar[FaultSpec] = FaultSpec(
        id="kafka.client_quota",
        cause="kafka.client_quota",
        component="kafka",
        holds="settings",
        undo="reversible",
        summary="throttle the members of a consumer group by a quota of the broker (real brokers only)",
    )
    Parameters: ClassVar[type[BaseModel]] = ClientQuotaParameters

    def plan(self, stack: Stack, injection: Injection) -> Injection:
        """Ask the broker under which names the group's members come, and what quotas these have.

        Raises:
            BadInput: when the broker knows no quotas, or the group has no members.
        """
        group = injection.parameters["group"]
        with _broker(stack, injection) as broker:
            broker.quotas([])  # first: a broker without quotas may not know of groups either
            clients = broker.clients(group)
            if not clients:
                raise BadInput(f"the consumer group {group!r} has no members at {injection.target}")
            return injection.model_copy(update={"prior": {"quotas": broker.quotas(clients)}})

    def apply(self, stack: Stack, injection: Injection) -> None:
        """Set the quotas."""
        percent = float(injection.parameters["percent"])
        with _broker(stack, injection) as broker:
            broker.set_quotas(dict.fromkeys(injection.prior["quotas"], percent))

    def revert(self, stack: Stack, injection: Injection) -> None:
        """Set the quotas that were there before, or none."""
        with _broker(stack, injection) as broker:
            broker.set_quotas(injection.prior["quotas"])

    def bites(self, stack: Stack, injection: Injection) -> Proof:
        """Whoever speaks to the broker under one of the names is put off."""
        from tocsin_faults.kafka.broker import put_off  # noqa: PLC0415 - see below

        client = next(iter(injection.prior["quotas"]))
        waits = put_off(stack.address(injection.target), client)
        return Proof(holds=waits > 0, evidence=f"{injection.target} puts {client} off for {waits} ms after a request")

    def residue(self, stack: Stack, injection: Injection) -> list[str]:
        """Quotas that are not what they were, as the broker describes them."""
        before = injection.prior["quotas"]
        with _broker(stack, injection) as broker:
            now = broker.quotas(before)
        return [
            f"the quota of {client} at {injection.target} is {now[client]}, it was {was}"
            for client, was in before.items()
            if now[client] != was
        ]


def _broker(stack: Stack, injection: Injection) -> "Broker":
    """A connection to the target; the client library is imported here, for a list of faults need not wait for it."""
    from tocsin_faults.kafka.broker import Broker  # noqa: PLC0415 - takes half a second

    return Broker(stack.address(injection.target))
