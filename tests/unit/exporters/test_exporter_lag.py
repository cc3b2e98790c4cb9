"""Lag arithmetic, and what the lag exporter shows while the broker is there and while it is not."""

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kafka.errors import KafkaTimeoutError
from prometheus_client import CollectorRegistry

from tocsin import clock
from tocsin.exporters.broker import GroupWatcher, PartitionOffsets, join_offsets
from tocsin.exporters.lag import LagCollector

OFFSETS = st.dictionaries(st.integers(0, 8), st.integers(-1, 10_000))
LABELS = {"consumergroup": "coupon-issuer", "topic": "coupon-issue", "partition": "0"}


def test_lag_is_what_is_still_to_be_read() -> None:
    offset = PartitionOffsets(0, end=1037, committed=1000)
    assert (offset.current, offset.lag) == (1000, 37)


def test_a_group_that_has_not_committed_has_everything_before_it() -> None:
    assert join_offsets({0: -1}, {0: 959}) == [PartitionOffsets(0, 959, None)]
    assert PartitionOffsets(0, 959, None).lag == 959


@given(committed=OFFSETS, ends=st.dictionaries(st.integers(0, 8), st.integers(0, 10_000)))
def test_every_partition_that_has_an_end_is_there_once_and_never_negative(
    committed: dict[int, int], ends: dict[int, int]
) -> None:
    found = join_offsets(committed, ends)
    assert [offset.partition for offset in found] == sorted(ends)
    assert all(0 <= offset.lag <= offset.end for offset in found)


@dataclass
class ScriptedWatcher(GroupWatcher):
    """A watcher whose looks are given."""

    answers: list[list[PartitionOffsets] | Exception] = field(default_factory=list)

    def look(self) -> list[PartitionOffsets]:
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def watch(*answers: list[PartitionOffsets] | Exception) -> tuple[LagCollector, CollectorRegistry]:
    """A collector in a registry, as the endpoint has it."""
    collector = LagCollector(ScriptedWatcher("127.0.0.1:1", "coupon-issuer", "coupon-issue", answers=list(answers)))
    registry = CollectorRegistry(auto_describe=False)
    registry.register(collector)
    return collector, registry


def test_before_the_topic_exists_nothing_is_shown() -> None:
    collector, registry = watch([])
    collector.look()
    assert registry.get_sample_value("kafka_consumergroup_lag", LABELS) is None


def test_a_look_is_shown_under_the_names_of_kafka_exporter() -> None:
    collector, registry = watch([PartitionOffsets(0, 1037, 1000)])
    collector.look()
    assert registry.get_sample_value("kafka_brokers") == 1
    assert registry.get_sample_value("kafka_consumergroup_lag", LABELS) == 37
    assert registry.get_sample_value("kafka_consumergroup_current_offset", LABELS) == 1000
    ends = {"topic": "coupon-issue", "partition": "0"}
    assert registry.get_sample_value("kafka_topic_partition_current_offset", ends) == 1037


def test_a_broker_that_is_away_leaves_the_last_look_until_it_is_old(monkeypatch: pytest.MonkeyPatch) -> None:
    collector, registry = watch([PartitionOffsets(0, 5, 2)], KafkaTimeoutError("away"), OSError("away"))
    for _ in range(3):
        collector.look()
    assert registry.get_sample_value("kafka_consumergroup_lag", LABELS) == 3
    assert registry.get_sample_value("kafka_brokers") == 0
    later = clock.monotonic() + 10
    monkeypatch.setattr(clock, "monotonic", lambda: later)
    assert registry.get_sample_value("kafka_consumergroup_lag", LABELS) is None
