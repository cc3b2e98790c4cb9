"""A Kafka broker that knows one group and the quotas of clients, in the messages of the real protocol.

A client with a quota is put off after each request; one without ``quotas`` is a broker that has never heard of them.
"""

import socketserver
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

from kafka.protocol.admin import client_quotas as q
from kafka.protocol.admin import groups as g
from kafka.protocol.metadata import api_versions as v
from kafka.protocol.metadata import find_coordinator as f
from kafka.protocol.metadata import metadata as m

KNOWN = {  # requests by key, with the newest version that this broker speaks
    3: (m.MetadataRequest, m.MetadataResponse, 4),
    10: (f.FindCoordinatorRequest, f.FindCoordinatorResponse, 2),
    15: (g.DescribeGroupsRequest, g.DescribeGroupsResponse, 2),
    18: (v.ApiVersionsRequest, v.ApiVersionsResponse, 1),
    48: (q.DescribeClientQuotasRequest, q.DescribeClientQuotasResponse, 0),
    49: (q.AlterClientQuotasRequest, q.AlterClientQuotasResponse, 0),
}
_QUOTAS = (48, 49)


class FakeBroker(socketserver.StreamRequestHandler):
    """One connection."""

    groups: ClassVar[dict[str, list[str]]] = {}  # client names by group
    quotas: ClassVar[dict[str, float]] = {}
    has_quotas: ClassVar[bool] = True
    refuses: ClassVar[int] = 0  # the error code of a change of quotas
    port: ClassVar[int] = 0

    def handle(self) -> None:
        while head := self.rfile.read(4):
            data = self.rfile.read(struct.unpack(">i", head)[0])
            key, version, number = struct.unpack(">hhi", data[:8])
            request_class, _, newest = KNOWN[key]
            if version > newest:  # only ApiVersions may be asked for like that, and is answered with the oldest
                answer, version = self._versions(), 0
            else:
                request = request_class.decode(data, version=version, header=True)
                answer = _ANSWERS[key](self, request)
            answer.API_VERSION = version
            answer.with_header(number)
            self.wfile.write(answer.encode(header=True, framed=True))

    def _versions(self, request: Any = None) -> Any:
        """Also to a request that is too new for this broker, which is None."""
        kind = v.ApiVersionsResponse
        known = {key: newest for key, (_, _, newest) in KNOWN.items() if self.has_quotas or key not in _QUOTAS}
        keys = [kind.ApiVersion(api_key=key, min_version=0, max_version=newest) for key, newest in known.items()]
        waits = 1000 if request is not None and request.header.client_id in self.quotas else 0
        return kind(error_code=0 if request is not None else 35, api_keys=keys, throttle_time_ms=waits)

    def _metadata(self, _: Any) -> Any:
        kind = m.MetadataResponse
        here = kind.MetadataResponseBroker(node_id=1, host="127.0.0.1", port=self.port, rack=None)
        return kind(throttle_time_ms=0, brokers=[here], cluster_id="c", controller_id=1, topics=[])

    def _coordinator(self, _: Any) -> Any:
        return f.FindCoordinatorResponse(
            throttle_time_ms=0, error_code=0, error_message=None, node_id=1, host="127.0.0.1", port=self.port
        )

    def _describe_groups(self, request: Any) -> Any:
        kind = g.DescribeGroupsResponse.DescribedGroup
        found = [
            kind(
                error_code=0, group_id=group, group_state="Stable", protocol_type="consumer", protocol_data="range",
                members=[
                    kind.DescribedGroupMember(
                        member_id=f"{name}-{number}", client_id=name, client_host="/127.0.0.1", member_metadata=b"",
                        member_assignment=b"",
                    )
                    for number, name in enumerate(self.groups.get(group, ()))
                ],
            )
            for group in request.groups
        ]  # fmt: skip
        return g.DescribeGroupsResponse(throttle_time_ms=0, groups=found)

    def _describe_quotas(self, _: Any) -> Any:
        kind = q.DescribeClientQuotasResponse.EntryData
        entries = [
            kind(
                entity=[kind.EntityData(entity_type="client-id", entity_name=name)],
                values=[
                    kind.ValueData(key="consumer_byte_rate", value=1e6),
                    kind.ValueData(key="request_percentage", value=value),
                ],
            )
            for name, value in self.quotas.items()
        ]
        return q.DescribeClientQuotasResponse(throttle_time_ms=0, error_code=0, error_message=None, entries=entries)

    def _alter_quotas(self, request: Any) -> Any:
        kind = q.AlterClientQuotasResponse.EntryData
        for entry in request.entries:
            (op,), name = entry.ops, entry.entity[0].entity_name
            assert op.key == "request_percentage"
            if self.refuses:
                continue
            if op.remove:
                self.quotas.pop(name, None)
            else:
                self.quotas[name] = op.value
        told = [
            kind(
                error_code=self.refuses,
                error_message=None,
                entity=[kind.EntityData(entity_type="client-id", entity_name=entry.entity[0].entity_name)],
            )
            for entry in request.entries
        ]
        return q.AlterClientQuotasResponse(throttle_time_ms=0, entries=told)


_ANSWERS: dict[int, Callable[[FakeBroker, Any], Any]] = {
    3: FakeBroker._metadata,
    10: FakeBroker._coordinator,
    15: FakeBroker._describe_groups,
    18: FakeBroker._versions,
    48: FakeBroker._describe_quotas,
    49: FakeBroker._alter_quotas,
}


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True


@contextmanager
def broker_server() -> Iterator[int]:
    """The port on which it answers."""
    FakeBroker.groups, FakeBroker.quotas = {}, {}
    FakeBroker.has_quotas, FakeBroker.refuses = True, 0
    with _Server(("127.0.0.1", 0), FakeBroker) as server:
        FakeBroker.port = int(server.server_address[1])
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield FakeBroker.port
        finally:
            server.shutdown()
            thread.join()
