"""The producer's thread leaves a node alone that cannot be sent to now."""

import importlib
import warnings
from types import SimpleNamespace

import pytest

with warnings.catch_warnings():  # kafka-python reads its schemas in a way that Python 3.11 calls deprecated
    warnings.simplefilter("ignore", DeprecationWarning)
    broker = importlib.import_module("shop.broker")


@pytest.mark.parametrize(("seconds", "milliseconds"), [(0.0, 20.0), (0.004, 20.0), (0.5, 500.0)])
def test_its_delay_is_in_milliseconds_and_never_nought(seconds: float, milliseconds: float) -> None:
    client = SimpleNamespace(connection_delay=lambda _node: seconds)
    broker._wait_for_nodes(SimpleNamespace(_sender=SimpleNamespace(_client=client)))
    assert client.connection_delay(1) == milliseconds
