"""The producer's thread leaves a node alone that cannot be sent to now."""

from types import SimpleNamespace

import pytest

from shop import broker


@pytest.mark.parametrize(("seconds", "milliseconds"), [(0.0, 20.0), (0.004, 20.0), (0.5, 500.0)])
def test_its_delay_is_in_milliseconds_and_never_nought(seconds: float, milliseconds: float) -> None:
    client = SimpleNamespace(connection_delay=lambda _node: seconds)
    broker._wait_for_nodes(SimpleNamespace(_sender=SimpleNamespace(_client=client)))
    assert client.connection_delay(1) == milliseconds
