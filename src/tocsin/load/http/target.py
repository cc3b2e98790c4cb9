"""From URLs to where a request goes and what its first line says."""

import re
from base64 import b64encode
from typing import Any, NamedTuple
from urllib.parse import quote, unquote, urlencode, urlsplit, urlunsplit

from tocsin.load.http.wire import Origin

_ABSOLUTE = re.compile(r"^https?://", re.IGNORECASE)
_PORTS = {"http": 80, "https": 443}
_KEPT = "!#$%&'()*+,/:;=?@[]~"
"""Characters of a URL that are sent as they are; ``%`` among them, so that what is encoded stays so."""


class Target(NamedTuple):
    """Where a URL leads: the server, the request target (path and query), and the value of ``Host``."""

    origin: Origin
    path: str
    authority: str


def is_absolute(url: str) -> bool:
    """True for a URL with a scheme and a host."""
    return not url.startswith("/") and _ABSOLUTE.match(url) is not None


def resolve(url: str) -> Target:
    """Split an absolute URL.

    Raises:
        ValueError: it is not an http or https URL with a host.
    """
    parts = urlsplit(url)
    if parts.scheme not in _PORTS or not parts.hostname:
        raise ValueError(f"not an http or https URL with a host: {url!r}")
    default = _PORTS[parts.scheme]
    port = parts.port or default
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    path = quote(parts.path or "/", safe=_KEPT)
    if parts.query:
        path += "?" + quote(parts.query, safe=_KEPT)
    return Target(Origin(parts.scheme, parts.hostname, port), path, host if port == default else f"{host}:{port}")


def with_params(url: str, params: object) -> str:
    """Add query parameters: a mapping or pairs, lists give one pair each; or a string as it is."""
    if not params:
        return url
    query = params if isinstance(params, str) else urlencode(_without_none(params), doseq=True)
    bare, mark, fragment = url.partition("#")
    return f"{bare}{'&' if '?' in bare else '?'}{query}{mark}{fragment}"


def split_credentials(url: str) -> tuple[str, str | None]:
    """A base URL without ``user:password@``, and these as the value of ``Authorization``."""
    parts = urlsplit(url)
    if not (parts.username and parts.password):
        return url, None
    bare = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
    return bare, basic_auth(unquote(parts.username), unquote(parts.password))


def basic_auth(user: str, password: str) -> str:
    """The value of ``Authorization`` for these."""
    return "Basic " + b64encode(f"{user}:{password}".encode("latin-1")).decode("ascii")


def _without_none(params: Any) -> list[tuple[Any, Any]]:
    pairs = params.items() if isinstance(params, dict) else params
    return [(key, value) for key, value in pairs if value is not None]
