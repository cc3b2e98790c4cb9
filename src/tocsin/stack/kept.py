"""A stack behind its state file: what both backends read of it in the same way."""

from abc import abstractmethod
from pathlib import Path
from typing import Generic, TypeVar

from tocsin.errors import BadInput, StackGone
from tocsin.model.stack import Address
from tocsin.model.topology import Topology
from tocsin.stack.composefile import ComposeFile, Database
from tocsin.stack.edges import ProxiedEdges
from tocsin.stack.operators import Operators
from tocsin.stack.planned import Planned, secret_name, workspace_secret
from tocsin.stack.ports import HOST

State = TypeVar("State", bound=Planned)


class KeptStack(Operators, ProxiedEdges, Generic[State]):
    """A running stack; every look re-reads the state file, so several processes may hold one.

    ``instance`` is the one start that is meant: whatever runs in its place later is another stack. Empty = whichever
    runs.
    """

    def __init__(self, state_file: Path, compose: ComposeFile, instance: str = "") -> None:
        self._file = state_file
        self._compose = compose
        self._instance = instance

    @abstractmethod
    def _read(self) -> State | None:
        """The state file, or None when there is no (whole) one."""

    @property
    def state(self) -> State:
        """The state file as it is now.

        Raises:
            StackGone: when the stack was taken down, or another one runs in its place.
        """
        state = self._read()
        if state is None:
            raise StackGone(f"the stack is not running: {self._file} is gone")
        if self._instance and state.instance != self._instance:
            raise StackGone(f"the stack {state.stack} runs as another instance now")
        return state

    @property
    def planned(self) -> State:
        """What it was started with, in the state file as it is now."""
        return self.state

    @property
    def compose(self) -> ComposeFile:
        """The stack's compose file."""
        return self._compose

    @property
    def topology(self) -> Topology:
        """Its services and edges."""
        return self._compose.topology

    @property
    def load_port(self) -> int:
        """The port on which Prometheus expects the load process."""
        return self.state.load_port

    def edge_address(self, edge: str) -> Address:
        """Where an edge's proxy listens, on loopback."""
        edges = self.state.edges
        if edge not in edges:
            raise BadInput(f"the edge {edge!r} has no proxy; proxied edges: {', '.join(sorted(edges))}")
        return Address(host=HOST, port=edges[edge])

    def secret(self, placeholder: str) -> str:
        """The value behind a ``{secret.NAME}`` placeholder."""
        return workspace_secret(self._file.parent.parent.parent / "secrets.json", secret_name(placeholder))

    def _database(self, service: str) -> Database:
        """How the stack says that a database server is logged in to.

        Raises:
            BadInput: when it does not say.
        """
        declared = self._compose.extension.database
        if declared is None or declared.service != service:
            raise BadInput(f"the stack {self._compose.name} does not say how to log in to {service}")
        return declared
