"""The HTTP endpoint of an exporter: one collector, nothing about the exporter itself."""

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.registry import Collector

_HOST = "127.0.0.1"


def serve(collector: Collector, port: int) -> None:
    """Answer ``/metrics`` on loopback until the process is ended.

    Raises:
        OSError: when the port is taken.
    """
    registry = CollectorRegistry(auto_describe=False)
    registry.register(collector)
    _, thread = start_http_server(port, addr=_HOST, registry=registry)
    thread.join()
