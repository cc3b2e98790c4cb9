"""What a stack's application offers its operators (flags, hooks), and how its database is logged in to."""

from abc import ABC, abstractmethod
from typing import Any

import requests

from tocsin import loopback
from tocsin.errors import BadInput, TocsinError
from tocsin.model.stack import Address
from tocsin.stack.composefile import ComposeFile
from tocsin.stack.planned import Planned


class Operators(ABC):
    """Part of a stack of any backend: calls to its application, over loopback."""

    @property
    @abstractmethod
    def compose(self) -> ComposeFile:
        """The stack's compose file."""

    @property
    @abstractmethod
    def planned(self) -> Planned:
        """What the stack was started with."""

    @abstractmethod
    def address(self, service: str, port: str = "main", number: int = 1) -> Address:
        """Where a replica listens, straight and not through an edge."""

    def flags(self, *, timeout: float = 10.0) -> dict[str, bool]:
        """The operator flags of the stack's application; waits at most ``timeout`` seconds for them."""
        flags: dict[str, bool] = self._call("GET", *self._flags_endpoint(), timeout=timeout)
        return flags

    def set_flag(self, name: str, value: bool) -> None:  # noqa: FBT001 - the Protocol's signature
        """Flip an operator flag at run time."""
        self._call("PUT", *self._flags_endpoint(), body={name: value})

    def planned_flags(self) -> dict[str, bool]:
        """The operator flags as they were when the stack had become ready."""
        return self.planned.planned_flags

    def planned_cpu_limit(self, service: str) -> float | None:
        """CPU limit per replica in cores that the stack was started with; None = unlimited."""
        return self.planned.planned_limits.get(service)

    def planned_settings(self, service: str) -> dict[str, str]:
        """The watched settings of a server as the stack was started with."""
        return dict(self.planned.planned_settings.get(service, {}))

    def planned_replicas(self, service: str) -> int:
        """How many replicas of a service the stack was started with."""
        count = self.planned.planned_replicas.get(service)
        return self.compose.services[service].deploy.replicas if count is None else count

    def call_hook(self, name: str, *, timeout: float = 60.0) -> dict[str, Any]:
        """Call one of the stack's hooks."""
        hook = self.compose.extension.hooks.get(name)
        if hook is None:
            raise BadInput(f"the stack has no hook {name!r}; it has: {', '.join(self.compose.extension.hooks)}")
        found: dict[str, Any] = self._call(hook.method, hook.service, hook.path, timeout=timeout)
        return found

    def _flags_endpoint(self) -> tuple[str, str]:
        endpoint = self.compose.extension.flags
        if endpoint is None:
            raise BadInput(f"the stack {self.compose.name} has no operator flags")
        return endpoint.service, endpoint.path

    def _call(self, method: str, service: str, path: str, *, body: Any = None, timeout: float = 10.0) -> Any:
        address = self.address(service)
        url = f"http://{address.host}:{address.port}{path}"
        try:
            response = loopback.request(method, url, json=body, timeout=timeout)
        except requests.RequestException as error:
            raise TocsinError(f"{method} {path} of {service} failed: {error}") from error
        if not response.ok:
            raise TocsinError(f"{method} {path} of {service} answered {response.status_code}: {response.text[:300]}")
        return response.json() if response.content else {}
