"""What a person is told to type for a broker and for a Redis in a container."""

import pytest
from tests.fake_docker import FakeDocker
from tests.unit.stack.compose.conftest import LABELS

from tocsin.stack.compose.byhand import ContainersByHand
from tocsin.stack.compose.containers import Containers
from tocsin.stack.compose.engine import Engine
from tocsin.stack.compose.state import ComposeState
from tocsin.stack.composefile import ComposeFile


@pytest.fixture
def by_hand(docker: FakeDocker, engine: Engine, state: ComposeState, compose: ComposeFile) -> ContainersByHand:
    docker.add("kafka", 1, labels=LABELS)
    docker.add("redis", 1, labels=LABELS)
    state.containers = Containers(engine, state).known()
    return ContainersByHand(state, compose)


def test_quotas_are_removed_or_put_back_with_the_brokers_own_tool(by_hand: ContainersByHand) -> None:
    tool = "docker exec shop-1-kafka-1 kafka-configs --bootstrap-server kafka:9092 --alter --entity-type clients"
    assert by_hand.commands("settings", "kafka", [], {"quotas": {"an issuer": None, "b": 12.5}}) == [
        f"{tool} --entity-name 'an issuer' --delete-config request_percentage",
        f"{tool} --entity-name b --add-config request_percentage=12.5",
    ]


def test_settings_of_a_redis_are_put_back_and_its_pause_is_ended(by_hand: ContainersByHand) -> None:
    assert by_hand.commands("settings", "redis", [], {"settings": {"maxmemory": "256 mb"}}) == [
        "docker exec shop-1-redis-1 redis-cli CONFIG SET maxmemory '256 mb'",
        "docker exec shop-1-redis-1 redis-cli CLIENT UNPAUSE",
    ]
