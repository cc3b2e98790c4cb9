"""Seeing that a container answers, beyond what its health check says."""

from collections.abc import Callable

from tocsin.stack.compose.containers import published_port
from tocsin.stack.compose.engine import Facts
from tocsin.stack.composefile import ComposeFile, Ready
from tocsin.stack.readiness import is_ready


def answering(compose: ComposeFile, service: str) -> Callable[[Facts], bool]:
    """A look at one container of a service: the same probe as on the local backend, where it says more than a port.

    The engine's own proxy takes every connection to a published port, so a probe of TCP alone would prove nothing.
    """
    extension = compose.services[service].extension
    check = extension.local.ready if extension and extension.local else Ready()
    inside = compose.services[service].container_ports
    if check.http is None and check.redis is None:
        return lambda _: True

    def answers(facts: Facts) -> bool:
        ports = {name: found for name, port in inside.items() if (found := published_port(facts, port)) is not None}
        wanted = check.http.port if check.http is not None else str(check.redis)
        return wanted not in ports or is_ready(check, ports)

    return answers
