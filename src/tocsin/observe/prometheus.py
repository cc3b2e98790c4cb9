"""The connection to Prometheus that this room asks through."""

from prometheus_api_client import PrometheusConnect
from requests.adapters import Retry

from tocsin import loopback

_TIMEOUT = 3
"""Seconds for one answer."""


def connect(url: str) -> PrometheusConnect:
    """A connection that neither retries nor goes through a proxy."""
    return PrometheusConnect(url=url, session=loopback.session(), retry=Retry(total=0), timeout=_TIMEOUT)
