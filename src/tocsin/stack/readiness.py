"""Seeing that a replica is ready, by looking once."""

import socket

import requests

from tocsin import loopback
from tocsin.stack.composefile import Ready
from tocsin.stack.ports import HOST

_TIMEOUT = 1.0


def is_ready(check: Ready, ports: dict[str, int]) -> bool:
    """Look once; never waits longer than a second."""
    if check.http is not None:
        try:
            url = f"http://{HOST}:{ports[check.http.port]}{check.http.path}"
            return bool(loopback.request("GET", url, timeout=_TIMEOUT).status_code == requests.codes.ok)
        except requests.RequestException:
            return False
    if check.redis is not None:
        return _redis_answers(ports[check.redis])
    return _accepts(ports[check.tcp or "main"])


def _accepts(port: int) -> bool:
    try:
        with socket.create_connection((HOST, port), timeout=_TIMEOUT):
            return True
    except OSError:
        return False


def _redis_answers(port: int) -> bool:
    try:
        with socket.create_connection((HOST, port), timeout=_TIMEOUT) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(16).startswith(b"+PONG")
    except OSError:
        return False
