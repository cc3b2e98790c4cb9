"""What is asked of a Kafka broker: who is in a group, which quotas its clients have, how long a client is put off.

The admin client of kafka-python does not speak of quotas; its messages do, and are sent as they are.
"""

import socket
import struct
from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import Any, Self

from kafka.errors import KafkaError, UnsupportedVersionError, for_code
from kafka.net.compat import KafkaNetClient
from kafka.protocol.admin.client_quotas import AlterClientQuotasRequest, DescribeClientQuotasRequest
from kafka.protocol.admin.groups import DescribeGroupsRequest
from kafka.protocol.metadata import ApiVersionsRequest, ApiVersionsResponse, FindCoordinatorRequest

from tocsin.errors import BadInput, TocsinError
from tocsin.model.stack import Address

QUOTA = "request_percentage"
"""Share of the broker's threads, in percent of one, that a client's requests may take."""
_OURSELVES = "tocsin"
_TIMEOUT_MS = 5000
_CLIENT = "client-id"


class Broker:
    """One connection to a broker; a context manager."""

    def __init__(self, address: Address) -> None:
        self._name = f"{address.host}:{address.port}"
        self._client: Any = KafkaNetClient(
            bootstrap_servers=[self._name], client_id=_OURSELVES, request_timeout_ms=_TIMEOUT_MS
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._client.close()

    def clients(self, group: str) -> list[str]:
        """Under which names (``client.id``) the members of a consumer group speak to the broker."""
        found = self._ask(FindCoordinatorRequest(key=group, key_type=0, max_version=3))
        answer = self._ask(DescribeGroupsRequest(groups=[group], max_version=5), found.node_id)
        return sorted({member.client_id for one in answer.groups for member in one.members})

    def quotas(self, clients: Iterable[str]) -> dict[str, float | None]:
        """The quota of each client by its name, in percent; None = it has none of its own.

        Raises:
            BadInput: when the broker knows no quotas.
        """
        kind = DescribeClientQuotasRequest.ComponentData
        wanted = [kind(entity_type=_CLIENT, match_type=2, match=None)]
        answer = self._ask(DescribeClientQuotasRequest(components=wanted, strict=True, max_version=0))
        found = {
            entry.entity[0].entity_name: value.value
            for entry in answer.entries or ()
            for value in entry.values
            if value.key == QUOTA
        }
        return {client: found.get(client) for client in clients}

    def set_quotas(self, wanted: Mapping[str, float | None]) -> None:
        """Set the quota of each client, in percent; None removes it, and removing one that is not there is fine."""
        kind = AlterClientQuotasRequest.EntryData
        entries = [
            kind(
                entity=[kind.EntityData(entity_type=_CLIENT, entity_name=client)],
                ops=[kind.OpData(key=QUOTA, value=value or 0.0, remove=value is None)],
            )
            for client, value in wanted.items()
        ]
        answer = self._ask(AlterClientQuotasRequest(entries=entries, validate_only=False, max_version=0))
        for entry in answer.entries:
            _check(entry.error_code, entry.error_message or "the quota was not changed")

    def _ask(self, request: Any, node: int | None = None) -> Any:
        """The broker's answer; whatever goes wrong is said in our own words."""
        try:
            if self._client.get_broker_version(timeout_ms=_TIMEOUT_MS) is None:
                raise TocsinError(f"the broker at {self._name} does not answer")
            to = self._client.least_loaded_node() if node is None else node
            answer = self._client.send_and_receive(to, request, timeout_ms=_TIMEOUT_MS)
        except UnsupportedVersionError as error:
            what = type(request).__name__.removesuffix("Request")
            hint = "Quotas are an affair of real Kafka brokers: run the stack with --stack compose."
            raise BadInput(f"the broker at {self._name} has no quotas (it does not know {what})", hint=hint) from error
        except (KafkaError, OSError) as error:
            raise TocsinError(f"the broker at {self._name}: {type(error).__name__}: {error}") from error
        _check(getattr(answer, "error_code", 0), type(request).__name__)
        return answer


def put_off(address: Address, client: str) -> int:
    """For how many milliseconds the broker puts off a client of that name, as it says in its answer to a small request.

    Over a bare socket: the library's connections would themselves wait for as long as they are told.

    Raises:
        OSError: when the broker cannot be reached or gives no answer in time.
    """
    request = ApiVersionsRequest(version=1)
    request.with_header(1, client)
    with socket.create_connection((address.host, address.port), timeout=_TIMEOUT_MS / 1000) as connection:
        connection.sendall(request.encode(header=True, framed=True))
        with connection.makefile("rb") as answer:
            size = struct.unpack(">i", answer.read(4))[0]
            return int(ApiVersionsResponse.decode(answer.read(size), version=1, header=True).throttle_time_ms)


def _check(code: int, what: str) -> None:
    if code:
        raise TocsinError(f"the broker refuses: {for_code(code).__name__}: {what}")
