"""The HTTP endpoint of an exporter: one collector, nothing about the exporter itself."""

import os
import threading
from collections.abc import Callable

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.registry import Collector

from tocsin import clock

_LOOPBACK = "127.0.0.1"
_EVERY = 1.0
"""Seconds between two looks of a collector that does not look when it is asked."""


def keep_looking(look: Callable[[], None]) -> None:
    """Call ``look`` once a second, for as long as the process lives."""

    def run() -> None:
        while True:
            since = clock.monotonic()
            look()
            clock.pause(max(0.0, _EVERY - (clock.monotonic() - since)))

    threading.Thread(target=run, daemon=True, name="look").start()


def serve(collector: Collector, port: int) -> None:
    """Answer ``/metrics`` until ended: on loopback, or on ``LISTEN_HOST``, which the image of the exporters sets.

    Raises:
        OSError: when the port is taken.
    """
    registry = CollectorRegistry(auto_describe=False)
    registry.register(collector)
    _, thread = start_http_server(port, addr=os.environ.get("LISTEN_HOST", _LOOPBACK), registry=registry)
    thread.join()
