"""The topics of accepted coupons and of completed orders: whoever comes first makes them, with so many partitions."""

from contextlib import suppress
from typing import Any

from kafka import KafkaAdminClient
from kafka.admin import NewTopic
from kafka.errors import TopicAlreadyExistsError

from shop.config import TOPIC, Address


def with_topic(address: Address, partitions: int, topic: str = TOPIC) -> Any:
    """An admin client, after the topic exists.

    A consumer that subscribes first would have the broker make it with a number of partitions of its own.

    Raises:
        KafkaError: when the broker cannot be reached.
    """
    admin = KafkaAdminClient(bootstrap_servers=str(address))
    with suppress(TopicAlreadyExistsError):
        admin.create_topics([NewTopic(topic, num_partitions=partitions, replication_factor=1)])
    return admin
