"""The one place that talks to Toxiproxy, through toxiproxy-python's API consumer.

The library keeps host and port in class attributes, sets no time-outs and obeys ``HTTP_PROXY`` even for loopback; a
subclass per server, a time-out on every call and requests of our own mend all three. A deletion that hangs under
load (Toxiproxy issues 412, 558) is answered by deleting the proxy and making it again.
"""

from collections.abc import Callable, Mapping
from typing import Any

import requests
from toxiproxy.api import APIConsumer, validate_response
from toxiproxy.exceptions import InvalidToxic, NotFound, ProxyExists

from tocsin import loopback
from tocsin.errors import TocsinError
from tocsin.model.stack import Address

_TIMEOUT = 2.0


class ToxiproxyHangs(TocsinError):  # noqa: N818 - says what happened
    """A call was not answered in time."""


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
            self._post("/proxies", body)
        except ProxyExists:
            return

    def proxies(self) -> dict[str, dict[str, Any]]:
        """All proxies with their toxics, as the server tells them."""
        found: dict[str, dict[str, Any]] = _call(lambda: self._api.get("/proxies", timeout=_TIMEOUT)).json()
        return found

    def enabled(self, proxy: str) -> bool | None:
        """Whether the proxy takes connections; None when there is no such proxy."""
        found = self.proxies().get(proxy)
        return None if found is None else bool(found["enabled"])

    def set_enabled(self, proxy: str, enabled: bool) -> None:  # noqa: FBT001 - a switch
        """Open or close a proxy; closing ends its connections. When the server hangs, the proxy is made again."""
        try:
            self._post(f"/proxies/{proxy}", {"enabled": enabled})
        except ToxiproxyHangs:
            self._recreate(proxy, enabled=enabled)
        except NotFound as error:
            raise _missing(proxy) from error

    def toxics(self, proxy: str) -> list[dict[str, Any]]:
        """Toxics of one proxy.

        Raises:
            TocsinError: when the proxy is not there: that is no clean edge.
        """
        found = self.proxies().get(proxy)
        if found is None:
            raise _missing(proxy)
        return list(found.get("toxics") or [])

    def add(self, proxy: str, *, name: str, kind: str, stream: str, attributes: Mapping[str, Any]) -> None:
        """Put a toxic on a proxy; one of the same name is replaced."""
        if any(toxic["name"] == name for toxic in self.toxics(proxy)):
            self.remove(proxy, name)
        body = {"name": name, "type": kind, "stream": stream, "toxicity": 1.0, "attributes": dict(attributes)}
        self._post(f"/proxies/{proxy}/toxics", body)

    def remove(self, proxy: str, name: str) -> None:
        """Take a toxic off; absent is fine, a missing proxy is not. When the server hangs, the proxy is made again."""
        try:
            self._delete(f"/proxies/{proxy}/toxics/{name}")
        except NotFound:
            self.toxics(proxy)  # raises where it is the proxy that is absent
        except ToxiproxyHangs:
            self._recreate(proxy, without=name)

    def _recreate(self, proxy: str, *, without: str = "", enabled: bool | None = None) -> None:
        """Delete the proxy and make it again; whoever dies in between leaves none, which the next revert mends."""
        known = self.proxies().get(proxy)
        if known is None:
            raise _missing(proxy)
        self._delete(f"/proxies/{proxy}", patience=5 * _TIMEOUT)
        body = {key: known[key] for key in ("name", "listen", "upstream", "enabled")}
        self._post("/proxies", body if enabled is None else body | {"enabled": enabled})
        for toxic in known.get("toxics") or []:
            if toxic["name"] != without:
                self._post(f"/proxies/{proxy}/toxics", toxic)

    def _post(self, path: str, body: dict[str, Any]) -> None:
        _call(lambda: self._api.post(path, json=body, timeout=_TIMEOUT))

    def _delete(self, path: str, patience: float | None = None) -> None:
        _call(lambda: self._api.delete(path, timeout=patience or _TIMEOUT))


def _verb(name: str) -> Any:
    """One of the consumer's class methods, past any proxy."""

    def send(cls: Any, url: str, *, timeout: float, json: Any = None) -> requests.Response:
        answer = loopback.request(name.upper(), f"http://{cls.host}:{cls.port}{url}", json=json, timeout=timeout)
        checked: requests.Response = validate_response(answer)  # raises what the library raises: NotFound, ProxyExists
        return checked

    return classmethod(send)


def _missing(proxy: str) -> TocsinError:
    return TocsinError(f"the proxy of {proxy} is missing")


def _call(ask: Callable[[], requests.Response]) -> requests.Response:
    """Ask the server; whatever goes wrong is said in our own words, and only NotFound and ProxyExists go through."""
    try:
        response = ask()
    except requests.Timeout as error:
        raise ToxiproxyHangs(f"Toxiproxy does not answer in time: {error}") from error
    except requests.RequestException as error:
        raise TocsinError(f"Toxiproxy cannot be reached: {error}") from error
    except InvalidToxic as error:
        raise TocsinError(f"Toxiproxy refused: {error}") from error
    if response.status_code >= 400:
        raise TocsinError(f"Toxiproxy answered {response.status_code} to {response.url}: {response.text[:200]}")
    return response
