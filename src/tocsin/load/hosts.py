"""Where load may go: loopback, and the stack's own networks, which are private ones that the environment names."""

import ipaddress
import os
from urllib.parse import urlsplit

from tocsin.errors import BadInput

LOOPBACK = ("127.0.0.1", "localhost", "::1")
NETWORKS = "TOCSIN_LOAD_NETWORKS"
"""Networks of the stack, such as ``172.20.0.0/16``, separated by commas."""


def check_host(url: str) -> None:
    """Refuse to send load anywhere else.

    Raises:
        BadInput: naming the address.
    """
    host = urlsplit(url).hostname or ""
    if host in LOOPBACK:
        return
    try:
        address = ipaddress.ip_address(host)
        networks = [
            ipaddress.ip_network(text.strip()) for text in os.environ.get(NETWORKS, "").split(",") if text.strip()
        ]
    except ValueError as error:
        raise BadInput(f"load goes to loopback only, not to {url} ({error})") from error
    if not any(network.is_private and address in network for network in networks):
        raise BadInput(f"load goes to loopback only, not to {url}; {NETWORKS} names the stack's own private networks")
