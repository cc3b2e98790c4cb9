"""One exchange over a link, timed: what a client of the callee would go through."""

import socket
import time
from dataclasses import dataclass

from tocsin.model.stack import Address, Stack
from tocsin.model.topology import Edge

TIMEOUT = 2.0
"""Seconds after which an exchange counts as unanswered."""
_ECHO = 4096


@dataclass(frozen=True)
class Exchange:
    """How one exchange went: seconds, bytes of the answer, and what went wrong (empty when nothing did)."""

    seconds: float
    received: int
    error: str = ""


def exchange(stack: Stack, edge: Edge, address: Address) -> Exchange:
    """Ask the callee something small over a new connection and wait for its whole answer.

    A Redis echoes 4 KB. Any other server is expected to speak first, as MySQL does, and its greeting is the answer.
    """
    redis = stack.topology.services[edge.callee].component == "redis"
    request = b"*2\r\n$4\r\nECHO\r\n$%d\r\n%s\r\n" % (_ECHO, b"x" * _ECHO) if redis else b""
    wanted = _ECHO if redis else 1
    begun = time.perf_counter()
    received = 0
    try:
        with socket.create_connection((address.host, address.port), timeout=TIMEOUT) as connection:
            if request:
                connection.sendall(request)
            while received < wanted and time.perf_counter() - begun < TIMEOUT:
                chunk = connection.recv(65536)
                if not chunk:
                    return Exchange(time.perf_counter() - begun, received, "the connection was closed")
                received += len(chunk)
    except TimeoutError:
        return Exchange(time.perf_counter() - begun, received, f"no answer within {TIMEOUT:g} s")
    except OSError as error:
        return Exchange(time.perf_counter() - begun, received, error.strerror or type(error).__name__)
    return Exchange(time.perf_counter() - begun, received)


def both_ways(stack: Stack, name: str) -> tuple[Exchange, Exchange]:
    """(over the edge, straight to the callee)."""
    edge = stack.topology.edges[name]
    return exchange(stack, edge, stack.edge_address(name)), exchange(stack, edge, stack.address(edge.callee))
