"""Lag of a consumer group under the metric names of kafka_exporter: ``python -m tocsin.exporters.lag``.

A loop looks once a second; a scrape answers with the last look and never waits for the broker. A look that is too old
is not shown: no figure is better than a wrong one.
"""

import argparse
import logging
from collections.abc import Iterator
from dataclasses import dataclass

from kafka.errors import KafkaError
from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from tocsin import clock
from tocsin.exporters.broker import GroupWatcher, PartitionOffsets
from tocsin.exporters.endpoint import keep_looking, serve

_FRESH = 3.0
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Look:
    """The offsets at one moment; ``at`` in monotonic seconds."""

    at: float
    offsets: list[PartitionOffsets]


def broker_metric(*, answers: bool) -> Metric:
    """What kafka_exporter says of the brokers: here of the one that is asked, 1 while it answers."""
    found = GaugeMetricFamily("kafka_brokers", "Brokers that answer.")
    found.add_metric((), float(answers))
    return found


def metrics(group: str, topic: str, offsets: list[PartitionOffsets]) -> Iterator[Metric]:
    """What kafka_exporter says of a group on a topic."""
    ends = GaugeMetricFamily(
        "kafka_topic_partition_current_offset", "End of the partition.", labels=("topic", "partition")
    )
    labels = ("consumergroup", "topic", "partition")
    current = GaugeMetricFamily("kafka_consumergroup_current_offset", "Next record the group reads.", labels=labels)
    lag = GaugeMetricFamily("kafka_consumergroup_lag", "Records that wait for the group.", labels=labels)
    for offset in offsets:
        partition = str(offset.partition)
        ends.add_metric((topic, partition), offset.end)
        current.add_metric((group, topic, partition), offset.current)
        lag.add_metric((group, topic, partition), offset.lag)
    yield from (ends, current, lag)


class LagCollector(Collector):
    """Answers with the last look of its loop."""

    def __init__(self, watcher: GroupWatcher) -> None:
        self._watcher = watcher
        self._last = Look(clock.monotonic(), [])
        self._answers = False

    def collect(self) -> Iterator[Metric]:
        """Whether the broker answered the last look, and the metrics of the last one that it did, if that is fresh."""
        last = self._last
        yield broker_metric(answers=self._answers)
        if clock.monotonic() - last.at <= _FRESH:
            yield from metrics(self._watcher.group, self._watcher.topic, last.offsets)

    def look(self) -> None:
        """Look once; a broker that is away is no reason to end."""
        try:
            self._last = Look(clock.monotonic(), self._watcher.look())
            self._answers = True
        except (KafkaError, OSError) as error:
            self._answers = False
            _log.warning("no look at %s: %s", self._watcher.bootstrap, error)


def main() -> None:
    """Run until ended."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bootstrap", required=True, help="HOST:PORT of a broker")
    parser.add_argument("--group", required=True, help="consumer group to watch")
    parser.add_argument("--topic", required=True, help="topic to watch")
    parser.add_argument("--port", type=int, required=True, help="loopback port to listen on")
    options = parser.parse_args()
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(message)s")
    logging.getLogger("kafka").setLevel(logging.CRITICAL)
    collector = LagCollector(GroupWatcher(options.bootstrap, options.group, options.topic))
    keep_looking(collector.look)
    serve(collector, options.port)


if __name__ == "__main__":
    main()
