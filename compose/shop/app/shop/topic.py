"""The topic of accepted coupons: whoever comes first makes it, with the number of partitions that is wanted."""

from contextlib import suppress
from typing import Any

from kafka import KafkaAdminClient
from kafka.admin import NewTopic
from kafka.errors import TopicAlreadyExistsError

from shop.config import TOPIC, Address


def with_topic(address: Address, partitions: int) -> Any:
    """An admin client, after the topic exists.

    A consumer that subscribes first would have the broker make it with a number of partitions of its own.

    Raises:
        KafkaError: when the broker cannot be reached.
    """
    admin = KafkaAdminClient(bootstrap_servers=str(address))
    with suppress(TopicAlreadyExistsError):
        admin.create_topics([NewTopic(TOPIC, num_partitions=partitions, replication_factor=1)])
    return admin
