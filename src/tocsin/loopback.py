"""HTTP to this machine: never through a proxy, whatever the environment says.

``requests`` obeys ``HTTP_PROXY`` for 127.0.0.1 too unless it is told not to; then a stack behind a company's proxy
would never become ready.
"""

from typing import Any

import requests


def session() -> requests.Session:
    """A session that takes neither proxies nor credentials from the environment."""
    fresh = requests.Session()
    fresh.trust_env = False
    return fresh


def request(
    method: str, url: str, *, timeout: float, json: Any = None, auth: tuple[str, str] | None = None
) -> requests.Response:
    """One request with a time-out in seconds; ``auth`` is user and password where the server wants to know.

    Raises:
        requests.RequestException: when nobody answers.
    """
    with session() as fresh:
        return fresh.request(method, url, json=json, timeout=timeout, auth=auth)
