"""A PromQL expression as a condition: it holds while it returns anything."""

import requests
from prometheus_api_client import PrometheusApiClientException, PrometheusConnect
from requests.adapters import Retry

from tocsin.errors import TocsinError

_TIMEOUT = 3


class Expression:
    """One expression, asked of one Prometheus."""

    def __init__(self, url: str, text: str) -> None:
        session = requests.Session()
        session.trust_env = False  # loopback never goes through a proxy
        self._prometheus = PrometheusConnect(url=url, session=session, retry=Retry(total=0), timeout=_TIMEOUT)
        self._text = text

    def holds(self, now: float) -> bool:
        """Whether it returns anything at ``now`` (seconds since the epoch); a comparison drops what is not so.

        Raises:
            TocsinError: when Prometheus does not answer, or does not understand the expression.
        """
        try:
            return bool(self._prometheus.custom_query(self._text, params={"time": f"{now:.3f}"}))
        except (requests.RequestException, PrometheusApiClientException, KeyError) as error:
            raise TocsinError(f"Prometheus cannot evaluate {self._text!r}: {error}") from error
