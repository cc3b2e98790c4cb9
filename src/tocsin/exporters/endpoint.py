"""The HTTP endpoint of an exporter: one collector, nothing about the exporter itself."""

import os

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.registry import Collector

_LOOPBACK = "127.0.0.1"


def serve(collector: Collector, port: int) -> None:
    """Answer ``/metrics`` until ended: on loopback, or on ``LISTEN_HOST``, which the image of the exporters sets.

    Raises:
        OSError: when the port is taken.
    """
    registry = CollectorRegistry(auto_describe=False)
    registry.register(collector)
    _, thread = start_http_server(port, addr=os.environ.get("LISTEN_HOST", _LOOPBACK), registry=registry)
    thread.join()
