"""Free loopback ports, drawn so that nobody else draws the same, and kept until a server listens on them."""

import socket
from contextlib import ExitStack

HOST = "127.0.0.1"


class Reservation(ExitStack):
    """Keeps the ports that it drew from everybody else, until it ends.

    A socket that is bound but does not listen keeps the kernel from giving its port to anybody who asks for any. Once
    it allows its address to be used again, a server that allows the same may listen there all the same (socket(7),
    SO_REUSEADDR); servers do, so that they can be started again.
    """

    def draw(self, count: int) -> list[int]:
        """Draw ``count`` different ports that are free on loopback and were drawn by nobody who still holds them."""
        probes = [self.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind((HOST, 0))
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # only now: a port in use must not be drawn
        return [int(probe.getsockname()[1]) for probe in probes]


def free_ports(count: int) -> list[int]:
    """Draw ``count`` different ports that are free on loopback now."""
    with Reservation() as ports:
        return ports.draw(count)


def free_port() -> int:
    """One port that is free on loopback now."""
    return free_ports(1)[0]
