"""The Grafana of a stack: annotations over its HTTP API, which dashboards show by their tags."""

from dataclasses import dataclass
from typing import Any

import requests

from tocsin import loopback
from tocsin.errors import TocsinError
from tocsin.model.stack import Address
from tocsin.stack.running import RunningStack

_TIMEOUT = 2.0


@dataclass(frozen=True)
class Grafana:
    """One server, as somebody who may write annotations."""

    address: Address
    user: str
    password: str

    def annotate(self, text: str, tags: list[str], at: float, until: float | None = None) -> int:
        """Add an annotation of a moment, or of a stretch; its number. Times are seconds since the epoch.

        Raises:
            TocsinError: when Grafana does not answer in time, or refuses.
        """
        stretch = {} if until is None else {"timeEnd": _milliseconds(until)}
        body = {"time": _milliseconds(at), "tags": tags, "text": text} | stretch
        return int(self._call("POST", "/api/annotations", body)["id"])

    def end(self, annotation: int, until: float) -> None:
        """Make an annotation one of a stretch that ends at ``until``, in seconds since the epoch.

        Raises:
            TocsinError: when Grafana does not answer in time, or refuses.
        """
        self._call("PATCH", f"/api/annotations/{annotation}", {"timeEnd": _milliseconds(until)})

    def _call(self, method: str, path: str, body: dict[str, Any]) -> Any:
        url = f"http://{self.address.host}:{self.address.port}{path}"
        try:
            answer = loopback.request(method, url, json=body, timeout=_TIMEOUT, auth=(self.user, self.password))
            if not answer.ok:
                raise TocsinError(f"Grafana answered {answer.status_code} to {method} {path}: {answer.text[:200]}")
            return answer.json()
        except requests.RequestException as error:  # an answer that is no JSON is one of these as well
            raise TocsinError(f"Grafana: {type(error).__name__} at {method} {path}") from error


def grafana_of(stack: RunningStack) -> Grafana | None:
    """The Grafana that a stack declares and has running; None where there is none."""
    declared = stack.compose.extension.grafana
    if declared is None or not stack.replicas(declared.service):
        return None
    return Grafana(stack.address(declared.service), declared.user, stack.secret(declared.password))


def _milliseconds(seconds: float) -> int:
    return round(seconds * 1000)
