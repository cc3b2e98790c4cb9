"""The closed model's phases as a Locust shape: how many virtual users there are to be now."""

from locust import LoadTestShape

from tocsin.load.run import LoadRun

_SPAWN_RATE = 1000.0
_STEP = 1000
"""Users that come or go in one look: Locust makes and stops them without letting anybody else run meanwhile."""


class PhaseShape(LoadTestShape):
    """Follows the course of a run; Locust looks at it once a second."""

    def __init__(self, run: LoadRun) -> None:
        super().__init__()
        self._run = run
        self._users = 0

    def tick(self) -> tuple[int, float] | None:
        """(users, users spawned per second) now; None at the end."""
        run = self._run
        second = run.second
        if second >= run.course.seconds:
            return None
        wanted = round(run.course.spans[run.place].level(second))
        self._users += max(-_STEP, min(_STEP, wanted - self._users))
        return self._users, _SPAWN_RATE
