"""A PromQL expression as a condition: it holds while it returns anything."""

import requests
from prometheus_api_client import PrometheusApiClientException

from tocsin.errors import TocsinError
from tocsin.observe.prometheus import connect


class Expression:
    """One expression, asked of one Prometheus."""

    def __init__(self, url: str, text: str) -> None:
        self._prometheus = connect(url)
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
