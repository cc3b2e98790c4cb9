"""A lean Locust user: a drop-in beside HttpUser and FastHttpUser that spends far less on each request.

Only the load process and load profiles import this: importing Locust monkey-patches the whole process.
"""

import ssl
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from locust import User
from locust.exception import StopTest
from locust.user.users import RestMixin

from tocsin.load.http.pool import Limits
from tocsin.load.http.session import Session
from tocsin.load.http.wire import MakeContext


class LeanHttpUser(User, RestMixin):
    """A Locust user whose ``client`` is this package's own: HTTP/1.1, keep-alive, plain or TLS.

    Supported, as with Locust's own users: all methods of ``client``, ``rest`` and ``rest_``, ``rename_request``;
    ``name``, ``params``, ``data`` (text, bytes, form), ``json``, ``headers``, ``auth`` (a pair: Basic), ``timeout``,
    ``allow_redirects``, ``catch_response``, ``context``; cookies; credentials in ``host``; gzip and deflate.

    Where HttpUser and FastHttpUser differ: the default name is the URL as given, and there is no check of
    certificates unless ``insecure`` is False (both as FastHttpUser); failures are ``requests.HTTPError`` for 4xx
    and 5xx, transport errors are those of the operating system, and ``head`` follows no redirects (as HttpUser).
    ``timeout`` bounds the whole request, not each read.

    Not supported, and refused with a TypeError: ``files``, ``stream``, ``proxies``, ``hooks``, and ``cookies``,
    ``verify`` and ``cert`` per request.
    """

    abstract = True

    network_timeout: float = 60.0
    """Seconds for a whole request, connecting and redirects included."""
    connection_timeout: float = 60.0
    """Seconds to connect, TLS handshake included."""
    max_redirects: int = 30
    """Redirects that one request may follow."""
    concurrency: int = 10
    """Requests of one user at the same time; further ones wait, and their wait counts."""
    max_body: int = 64 * 1024 * 1024
    """Bytes of an answer's body, received and unfolded, beyond which it is a failure."""
    insecure: bool = True
    """True for no check of certificates."""
    default_headers: Mapping[str, str | None] | None = None
    """Headers that go with every request; None as a value leaves one out."""
    ssl_context_factory: Callable[[], ssl.SSLContext] | None = None
    """Makes the TLS context instead."""

    def __init__(self, environment: object) -> None:
        super().__init__(environment)
        if self.host is None:
            raise StopTest(
                "You must specify the base host. Either in the host attribute in the User class, or on the command "
                "line using the --host option."
            )
        limits = Limits(self.connection_timeout, self.network_timeout, self.concurrency, self.max_body)
        self.client = Session(self, limits, self._tls(), self.default_headers or {})
        self.client.max_redirects = self.max_redirects

    def start(self, group: Any) -> Any:
        """Start the user; its connections are closed when it ends."""
        greenlet = super().start(group)
        greenlet.link(lambda _: self.client.close())
        return greenlet

    def _tls(self) -> MakeContext:
        given = type(self).ssl_context_factory  # through the class: a plain function there must not become a method
        if given is not None:
            return cache(given)
        return _unchecking if self.insecure else _checking


@cache
def _unchecking() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


@cache
def _checking() -> ssl.SSLContext:
    return ssl.create_default_context()
