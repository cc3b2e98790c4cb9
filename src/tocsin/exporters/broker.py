"""What a consumer group has still to read, asked of a Kafka broker without joining the group.

Three requests a look, sent as they are: the consumer of kafka-python would fetch ahead and answer with what was true a
look ago, and ListOffsets is not to be trusted on every broker (one answers with the base offset of the last batch). The
high watermark that comes with a fetch is right everywhere; the fetch itself asks for one byte.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from kafka.errors import KafkaError, KafkaTimeoutError
from kafka.net.compat import KafkaNetClient
from kafka.protocol.consumer import FetchRequest, OffsetFetchRequest
from kafka.protocol.metadata import FindCoordinatorRequest, MetadataRequest

_TIMEOUT_MS = 1000
_WAIT_MS = 5
"""How long the broker may hold a fetch; with 0 some brokers answer with nothing at all."""
_OUT_OF_RANGE = 1


@dataclass(frozen=True)
class PartitionOffsets:
    """Where a partition ends (``end``, its high watermark) and how far a group has read it (None = not yet)."""

    partition: int
    end: int
    committed: int | None

    @property
    def current(self) -> int:
        """The next record that the group will read; a group that has not committed starts at the beginning."""
        return self.committed or 0

    @property
    def lag(self) -> int:
        """Records that wait; never negative, though the two offsets are read one after the other."""
        return max(0, self.end - self.current)


def join_offsets(committed: dict[int, int], ends: dict[int, int]) -> list[PartitionOffsets]:
    """Both sides of every partition that has an end; a committed offset below zero means none (Kafka protocol)."""
    found = []
    for partition, end in sorted(ends.items()):
        offset = committed.get(partition, -1)
        found.append(PartitionOffsets(partition, end, offset if offset >= 0 else None))
    return found


@dataclass
class GroupWatcher:
    """Looks at one group and topic over one connection; a failure drops it, and the next look makes a new one."""

    bootstrap: str
    group: str
    topic: str
    _client: Any = None
    _coordinator: int | None = None
    _ends: dict[int, int] = field(default_factory=dict)

    def look(self) -> list[PartitionOffsets]:
        """The offsets now; nothing while the topic does not exist.

        Raises:
            KafkaError: when the broker does not answer within a second, or refuses.
            OSError: when it cannot be reached.
        """
        try:
            return self._look()
        except (KafkaError, OSError):
            self.close()
            raise

    def close(self) -> None:
        """Drop the connection."""
        client, self._client, self._coordinator = self._client, None, None
        if client is not None:
            client.close()

    def _look(self) -> list[PartitionOffsets]:
        client = self._connect()
        leaders = self._leaders(client)
        if not leaders:
            return []
        committed = self._committed(client, leaders)  # before the ends, so that the lag is not understated
        return join_offsets(committed, self._read_ends(client, leaders))

    def _connect(self) -> Any:
        if self._client is None:
            self._client = KafkaNetClient(
                bootstrap_servers=[self.bootstrap], client_id="tocsin-lag", request_timeout_ms=_TIMEOUT_MS
            )
            if self._client.get_broker_version(timeout_ms=_TIMEOUT_MS) is None:
                raise KafkaTimeoutError(f"{self.bootstrap} does not answer")
        return self._client

    def _leaders(self, client: Any) -> dict[int, int]:
        """The leader of every partition. All topics are asked for: naming one that does not exist could create it."""
        request = MetadataRequest(topics=MetadataRequest.ALL_TOPICS, allow_auto_topic_creation=False, min_version=4)
        answer = client.send_and_receive(client.least_loaded_node(), request, timeout_ms=_TIMEOUT_MS)
        own = (topic for topic in answer.topics if topic.name == self.topic and not topic.error_code)
        return {
            part.partition_index: part.leader_id for topic in own for part in topic.partitions if part.leader_id >= 0
        }

    def _committed(self, client: Any, partitions: Iterable[int]) -> dict[int, int]:
        topic = OffsetFetchRequest.OffsetFetchRequestTopic(name=self.topic, partition_indexes=sorted(partitions))
        request = OffsetFetchRequest(group_id=self.group, topics=[topic], max_version=7)
        answer = client.send_and_receive(self._find_coordinator(client), request, timeout_ms=_TIMEOUT_MS)
        if answer.error_code:
            raise KafkaError(f"OffsetFetch answered with error {answer.error_code}")
        return {part.partition_index: part.committed_offset for topic in answer.topics for part in topic.partitions}

    def _find_coordinator(self, client: Any) -> int:
        if self._coordinator is None:
            request = FindCoordinatorRequest(key=self.group, key_type=0, max_version=3)
            node = client.least_loaded_node()
            answer = client.send_and_receive(node, request, timeout_ms=_TIMEOUT_MS)
            if answer.error_code:
                raise KafkaError(f"FindCoordinator answered with error {answer.error_code}")
            self._coordinator = answer.node_id
        return self._coordinator

    def _read_ends(self, client: Any, leaders: dict[int, int]) -> dict[int, int]:
        ends: dict[int, int] = {}
        for leader in sorted(set(leaders.values())):
            own = sorted(partition for partition, node in leaders.items() if node == leader)
            answer = client.send_and_receive(leader, self._fetch(own), timeout_ms=_TIMEOUT_MS)
            ends |= self._high_watermarks(answer)
        return ends

    def _fetch(self, partitions: list[int]) -> Any:
        kind = FetchRequest.FetchTopic
        wanted = [
            kind.FetchPartition(
                partition=partition,
                fetch_offset=self._ends.get(partition, 0),
                partition_max_bytes=1,
                current_leader_epoch=-1,
                last_fetched_epoch=-1,
            )
            for partition in partitions
        ]
        return FetchRequest(
            max_wait_ms=_WAIT_MS,
            min_bytes=0,
            max_bytes=1,
            isolation_level=0,
            session_id=0,
            session_epoch=-1,
            topics=[kind(topic=self.topic, partitions=wanted)],
            forgotten_topics_data=[],
            rack_id="",
            max_version=12,
        )

    def _high_watermarks(self, answer: Any) -> dict[int, int]:
        """The ends in a fetch's answer; a partition that was made anew is asked from its beginning next time."""
        ends = {}
        for part in (part for topic in answer.responses for part in topic.partitions):
            if part.error_code == _OUT_OF_RANGE:
                self._ends.pop(part.partition_index, None)
            elif not part.error_code and part.high_watermark >= 0:
                ends[part.partition_index] = part.high_watermark
        self._ends |= ends
        return ends
