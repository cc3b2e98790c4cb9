"""CPU limits of replicas: by cgroup quota where writable, else by a duty cycle. The truth is what is in force."""

import shlex
import signal
import sys
from pathlib import Path

from tocsin.model.stack import same_cores
from tocsin.stack.local import cgroup
from tocsin.stack.local.dutycycle import read_counts
from tocsin.stack.local.launch import MARK
from tocsin.stack.local.state import ReplicaState, StackState
from tocsin.stack.process import ProcessId, carrying, send, spawn, terminate, words_of

DUTY = "TOCSIN_DUTY"
"""Environment variable of the process that holds a replica to its limit; its value names instance and replica."""
_MODULE = "tocsin.stack.local.dutycycle"


class CpuLimits:
    """The CPU limits of one stack's replicas."""

    def __init__(self, state: StackState) -> None:
        self._state = state

    def each(self, service: str) -> dict[str, float | None]:
        """The limit in force by replica name, in cores; None = unlimited."""
        return {replica.name: self._one(replica) for replica in self._of(service)}

    def of(self, service: str) -> float | None:
        """The limit of a service: that of the first replica that is not as planned, else the common one."""
        limits = list(self.each(service).values())
        planned = self._state.planned_limits.get(service)
        odd = [limit for limit in limits if not same_cores(limit, planned)]
        return odd[0] if odd else next(iter(limits), planned)

    def set(self, service: str, cores: float | None) -> None:
        """Set the limit of every replica."""
        for replica in self._of(service):
            if replica.cgroup:
                cgroup.set_quota(Path(replica.cgroup), cores)
            else:
                self._hold(replica, cores)

    def throttled(self, service: str) -> tuple[int, int]:
        """(periods, throttled periods) so far, summed over replicas."""
        counts = [self._throttled(replica) for replica in self._of(service)]
        return sum(count[0] for count in counts), sum(count[1] for count in counts)

    def duty(self, replica: ReplicaState) -> list[ProcessId]:
        """The process that holds a replica to its limit, where that is not the kernel."""
        return [] if replica.cgroup else carrying(self._marks(replica))

    def by_hand(self, service: str, cores: float | None) -> list[str]:
        """Shell commands that set the limit of every replica."""
        found = []
        for replica in self._of(service):
            if replica.cgroup:
                found.append(cgroup.by_hand(Path(replica.cgroup), cores))
            else:
                found += self._duty_by_hand(replica, cores)
        return found

    def _of(self, service: str) -> list[ReplicaState]:
        return [replica for replica in self._state.replicas if replica.service == service]

    def _one(self, replica: ReplicaState) -> float | None:
        if replica.cgroup:
            return cgroup.quota(Path(replica.cgroup))
        for process in self.duty(replica):
            words = words_of(process)
            if _MODULE in words:
                return float(words[words.index(_MODULE) + 2])
        return None

    def _hold(self, replica: ReplicaState, cores: float | None) -> None:
        for process in self.duty(replica):
            send(process, signal.SIGCONT)
            terminate(process, 2.0)
        if cores is not None:
            self._counts(replica).parent.mkdir(exist_ok=True)
            spawn(self._command(replica, cores), environment=self._marks(replica))

    def _command(self, replica: ReplicaState, cores: float) -> list[str]:
        return [sys.executable, "-m", _MODULE, str(replica.pid), str(cores), str(self._counts(replica))]

    def _duty_by_hand(self, replica: ReplicaState, cores: float | None) -> list[str]:
        pids = " ".join(str(process.pid) for process in self.duty(replica))
        found = [f"kill -CONT {pids}; kill -TERM {pids}   # the CPU limit of {replica.name}"] if pids else []
        if cores is not None:
            marks = [f"{name}={value}" for name, value in self._marks(replica).items()]
            command = shlex.join(["env", *marks, "setsid", *self._command(replica, cores)])
            found.append(f"{command} >/dev/null 2>&1 </dev/null &")
        return found

    def _marks(self, replica: ReplicaState) -> dict[str, str]:
        return {MARK: self._state.instance, DUTY: f"{self._state.instance}:duty:{replica.name}"}

    def _counts(self, replica: ReplicaState) -> Path:
        return Path(self._state.folder) / "duty" / f"{replica.name}.json"

    def _throttled(self, replica: ReplicaState) -> tuple[int, int]:
        if replica.cgroup:
            return cgroup.throttled(Path(replica.cgroup))
        counts = read_counts(self._counts(replica))
        return int(counts.periods), int(counts.throttled)
