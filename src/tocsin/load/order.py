"""What a load is to be: the same words on the command line, in a message to a worker, and for the users' classes."""

from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from tocsin.errors import BadInput
from tocsin.load.kinds import is_open, user_classes
from tocsin.load.phases import Course, going_on
from tocsin.load.profile import ProfileInfo, read_profile
from tocsin.load.run import LoadRun, Share
from tocsin.load.users import ArrivalUser, MeasuredUser
from tocsin.model.base import Strict

MAX_IN_FLIGHT = 5000
"""Requests in flight beyond which arrivals are dropped: as many as the largest profile has virtual users."""


class Order(Strict):
    """One load, whoever plays it: seconds, requests at the same time over all workers, and where it goes."""

    host: str
    seed: int = 7
    scale: float = 1.0
    compress: float = 1.0
    phases: tuple[str, ...] = ()
    arrivals: str = "poisson"
    max_in_flight: int = MAX_IN_FLIGHT
    users: int = 10_000
    duration: float


@dataclass(frozen=True)
class Part:
    """An imported profile with the classes of its users, and what it says of itself."""

    path: Path
    module: ModuleType
    info: ProfileInfo
    kinds: list[type[MeasuredUser]]

    @classmethod
    def of(cls, module: ModuleType, path: Path) -> "Part":
        """A profile that was imported.

        Raises:
            BadInput: naming file and line of what is wrong with it.
        """
        return cls(path, module, read_profile(path), user_classes(module, path))

    @property
    def is_open(self) -> bool:
        """True when its requests arrive on a schedule."""
        return is_open(self.kinds)

    def run(self, order: Order, share: Share = Share()) -> LoadRun:  # noqa: B008 - a frozen value
        """The run of one process that plays a share of it.

        Raises:
            BadInput: for a phase that is none of the profile's.
        """
        for kind in self.kinds:
            kind.network_timeout = kind.connection_timeout = self.info.timeout
            kind.concurrency = max(1, order.max_in_flight // share.count)
        return LoadRun(
            seed=order.seed,
            course=self._course(order),
            requests=tuple(self.info.requests),
            poisson=order.arrivals == "poisson",
            max_in_flight=max(1, order.max_in_flight // share.count),
            users_available=order.users,
            share=share,
        )

    def _course(self, order: Order) -> Course:
        try:
            course = self.info.course(order.phases, order.scale, order.compress)
        except BadInput as error:
            raise BadInput(f"{self.path}: {error.message}") from error
        if course is not None:
            return course
        rates = sum(sum(kind.rates.values()) for kind in self.kinds if issubclass(kind, ArrivalUser))
        return going_on(rates * order.scale, self.info.ramp_seconds)
