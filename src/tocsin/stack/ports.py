"""Free loopback ports, drawn so that no two of one draw are the same."""

import socket
from contextlib import ExitStack

HOST = "127.0.0.1"


def free_ports(count: int) -> list[int]:
    """Draw ``count`` different ports that are free on loopback now.

    Every socket stays open until all are drawn: the kernel may give a port out again as soon as it is closed.
    """
    with ExitStack() as held:
        probes = [held.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind((HOST, 0))
        return [int(probe.getsockname()[1]) for probe in probes]


def free_port() -> int:
    """One port that is free on loopback now."""
    return free_ports(1)[0]
