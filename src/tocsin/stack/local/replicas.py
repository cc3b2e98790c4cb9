"""What is done to the processes of replicas: frozen, let run, killed, ended for certain, found without a list."""

import os
import signal
from pathlib import Path

from tocsin.errors import TocsinError
from tocsin.model.stack import Replica
from tocsin.stack.local import cgroup
from tocsin.stack.local.cpu import DUTY, CpuLimits
from tocsin.stack.local.launch import MARK
from tocsin.stack.local.session import members_of
from tocsin.stack.local.state import ReplicaState, StackState
from tocsin.stack.process import ProcessId, carrying, identity, is_same, is_stopped, mark_of, send, terminate

SERVICE = "TOCSIN_SERVICE"
"""Environment variable that every process of a replica carries; its value is the replica's name."""


def leader_of(replica: Replica) -> ProcessId:
    """The process that leads a replica."""
    return ProcessId(replica.pid, replica.started, replica.boot)


class Replicas:
    """The processes behind the replicas of one stack, as its state is now."""

    def __init__(self, state: StackState) -> None:
        self._state = state
        self._limits = CpuLimits(state)

    def members(self, replica: Replica) -> list[ProcessId]:
        """Living processes of this very replica, also when its leader is dead; a recycled number leads to nobody."""
        known = self._known(replica)
        group = cgroup.members(Path(known.cgroup)) if known and known.cgroup else []
        return members_of(leader_of(replica), self._marks(replica.name), group)

    def freeze(self, replica: Replica) -> None:
        """SIGSTOP to every process of the replica, the leader first."""
        if is_same(leader_of(replica)):
            for process in [*self._duty(replica), *self.members(replica)]:
                send(process, signal.SIGSTOP)

    def thaw(self, replica: Replica) -> None:
        """SIGCONT to every process of the replica."""
        for process in [*self.members(replica), *self._duty(replica)]:
            send(process, signal.SIGCONT)

    def is_frozen(self, replica: Replica) -> bool:
        """True when any process of the replica is stopped, and not just for a moment by its CPU limit."""
        return all(map(is_stopped, self._duty(replica))) and any(map(is_stopped, self.members(replica)))

    def kill(self, replica: Replica) -> None:
        """SIGKILL to every process of the replica."""
        for process in self.members(replica):
            terminate(process, 0.0)

    def end(self, replica: ReplicaState, grace: float) -> None:
        """End a replica for certain, and whatever else runs under its name.

        Raises:
            TocsinError: when a process cannot be ended.
        """
        members = self.members(replica.replica)
        if not terminate(leader_of(replica.replica), grace):
            raise TocsinError(f"{replica.name} (pid {replica.pid}) could not be killed")
        for process in members:
            terminate(process, 0.0)
        self.clear(replica.name)

    def clear(self, name: str) -> None:
        """End every process that runs under a replica's name, also one that was started and never written down.

        Raises:
            TocsinError: when a process cannot be ended.
        """
        while found := self._named(name):  # once more: the ended may have started others while we looked
            survivors = [process.pid for process in found if not terminate(process, 0.0)]
            if survivors:
                raise TocsinError(f"processes {survivors} of {name} could not be ended")

    def unlisted(self) -> list[str]:
        """One line for each process that carries the stack's mark and belongs to no replica that the state lists."""
        leaders = {replica.pid for replica in self._state.replicas}
        return [
            f"process {process.pid} runs as {mark_of(process, SERVICE)} and is not listed"
            for process in carrying({MARK: self._state.instance})
            if not mark_of(process, DUTY) and _session(process) not in leaders
        ]

    def _named(self, name: str) -> list[ProcessId]:
        known = next((one for one in self._state.replicas if one.name == name and one.cgroup), None)
        grouped = map(identity, cgroup.members(Path(known.cgroup)) if known and known.cgroup else [])
        found = {*carrying(self._marks(name)), *(process for process in grouped if process is not None)}
        return sorted(found, key=lambda process: process.pid)

    def _marks(self, name: str) -> dict[str, str]:
        return {MARK: self._state.instance, SERVICE: name}

    def _known(self, replica: Replica) -> ReplicaState | None:
        return next((one for one in self._state.replicas if one.replica == replica), None)

    def _duty(self, replica: Replica) -> list[ProcessId]:
        known = self._known(replica)
        return self._limits.duty(known) if known else []


def _session(process: ProcessId) -> int:
    try:
        return os.getsid(process.pid)
    except ProcessLookupError:
        return 0
