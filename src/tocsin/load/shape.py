"""The closed model's phases as a Locust shape: how many virtual users there are to be now."""

from locust import LoadTestShape

from tocsin.load.run import LoadRun

_SPAWN_WITHIN = 1.0
"""Seconds in which a step to another number of users is taken: Locust looks at the shape once a second."""


class PhaseShape(LoadTestShape):
    """Follows the course of a run."""

    def __init__(self, run: LoadRun) -> None:
        super().__init__()
        self._run = run
        most = max(max(span.first, span.last) for span in run.course.spans)
        self._spawn_rate = max(10.0, most / _SPAWN_WITHIN)

    def tick(self) -> tuple[int, float] | None:
        """(users, users spawned per second) now; None at the end."""
        run = self._run
        second = run.second
        if second >= run.course.seconds:
            return None
        return round(run.course.spans[run.place].level(second)), self._spawn_rate
