"""The one place that talks to Toxiproxy, through toxiproxy-python's API consumer.

The library keeps host and port in class attributes, sets no time-outs and obeys ``HTTP_PROXY`` even for loopback; a
subclass per server, a time-out on every call and requests of our own mend all three. A deletion that hangs under
load (Toxiproxy issues 412, 558) is answered by deleting the proxy and making it again.
"""

from collections.abc import Mapping
from typing import Any

import requests
from toxiproxy.api import APIConsumer, validate_response
from toxiproxy.exceptions import NotFound, ProxyExists

from tocsin import loopback
from tocsin.errors import TocsinError
from tocsin.model.stack import Address

_TIMEOUT = 2.0


class ToxiproxyClient:
    """Proxies and toxics of one Toxiproxy server."""

    def __init__(self, address: Address) -> None:
        place = {"host": address.host, "port": address.port}
        self._api: Any = type("Api", (APIConsumer,), place | {name: _verb(name) for name in ("get", "post", "delete")})

    def create(self, name: str, *, listen: Address, upstream: Address) -> None:
        """Make a proxy; one of the same name is left as it is."""
        body = {
            "name": name,
            "listen": f"{listen.host}:{listen.port}",
            "upstream": f"{upstream.host}:{upstream.port}",
            "enabled": True,
        }
        try:
            _checked(self._api.post("/proxies", json=body, timeout=_TIMEOUT))
        except ProxyExists:
            return

    def proxies(self) -> dict[str, dict[str, Any]]:
        """All proxies with their toxics, as the server tells them."""
        found: dict[str, dict[str, Any]] = _checked(self._api.get("/proxies", timeout=_TIMEOUT)).json()
        return found

    def enabled(self, proxy: str) -> bool:
        """True while the proxy is there and takes connections."""
        return bool(self.proxies().get(proxy, {}).get("enabled", False))

    def set_enabled(self, proxy: str, enabled: bool) -> None:  # noqa: FBT001 - a switch
        """Open or close a proxy; closing ends its connections."""
        _checked(self._api.post(f"/proxies/{proxy}", json={"enabled": enabled}, timeout=5 * _TIMEOUT))

    def toxics(self, proxy: str) -> list[dict[str, Any]]:
        """Toxics of one proxy; empty when the proxy is not there."""
        found = self.proxies().get(proxy, {})
        return list(found.get("toxics") or [])

    def add(self, proxy: str, *, name: str, kind: str, stream: str, attributes: Mapping[str, Any]) -> None:
        """Put a toxic on a proxy; one of the same name is replaced."""
        if any(toxic["name"] == name for toxic in self.toxics(proxy)):
            self.remove(proxy, name)
        body = {"name": name, "type": kind, "stream": stream, "toxicity": 1.0, "attributes": dict(attributes)}
        _checked(self._api.post(f"/proxies/{proxy}/toxics", json=body, timeout=_TIMEOUT))

    def remove(self, proxy: str, name: str) -> None:
        """Take a toxic off; absent is fine. When the server hangs, the proxy is deleted and made again."""
        try:
            _checked(self._api.delete(f"/proxies/{proxy}/toxics/{name}", timeout=_TIMEOUT))
        except NotFound:
            return
        except requests.Timeout:
            self._recreate(proxy, without=name)

    def _recreate(self, proxy: str, *, without: str) -> None:
        known = self.proxies().get(proxy)
        if known is None:
            return
        _checked(self._api.delete(f"/proxies/{proxy}", timeout=5 * _TIMEOUT))
        body = {key: known[key] for key in ("name", "listen", "upstream", "enabled")}
        _checked(self._api.post("/proxies", json=body, timeout=_TIMEOUT))
        for toxic in known.get("toxics") or []:
            if toxic["name"] != without:
                _checked(self._api.post(f"/proxies/{proxy}/toxics", json=toxic, timeout=_TIMEOUT))


def _verb(name: str) -> Any:
    """One of the consumer's class methods, past any proxy."""

    def send(cls: Any, url: str, *, timeout: float, json: Any = None) -> requests.Response:
        answer = loopback.request(name.upper(), f"http://{cls.host}:{cls.port}{url}", json=json, timeout=timeout)
        checked: requests.Response = validate_response(answer)  # raises what the library raises: NotFound, ProxyExists
        return checked

    return classmethod(send)


def _checked(response: requests.Response) -> requests.Response:
    if response.status_code >= 400:
        raise TocsinError(f"Toxiproxy answered {response.status_code} to {response.url}: {response.text[:200]}")
    return response
