"""Requests in flight, and the moment each becomes late: counted once per threshold, hung requests included."""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

LADDER = (0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
"""Age thresholds in seconds at which a request counts as late."""

OnLate = Callable[[str, int], None]


@dataclass(slots=True)
class Request:
    """One request: when it was due, and how many thresholds it has been counted for."""

    name: str
    due: float
    counted: int = 0
    done: bool = False


class InFlight:
    """Watches requests grow old. Times are seconds on any one clock that the caller keeps to."""

    def __init__(self, on_late: OnLate, thresholds: Sequence[float] = LADDER) -> None:
        """``on_late`` is called with the request's name and the index of the threshold."""
        self._thresholds = tuple(thresholds)
        self._queues: tuple[deque[Request], ...] = tuple(deque() for _ in thresholds)
        self._on_late = on_late
        self.open = 0

    def begin(self, name: str, due: float) -> Request:
        """A request that was due at ``due``; requests must begin in the order of their due times."""
        request = Request(name, due)
        for queue in self._queues:
            queue.append(request)
        self.open += 1
        return request

    def tick(self, now: float) -> None:
        """Count every request in flight whose age has crossed a threshold."""
        for index, (threshold, queue) in enumerate(zip(self._thresholds, self._queues, strict=True)):
            while queue and queue[0].due + threshold <= now:
                request = queue.popleft()
                if not request.done:
                    self._count_to(request, index + 1)

    def end(self, request: Request, now: float, *, failed: bool) -> None:
        """The request was answered, or failed; a failure counts for every threshold it had not crossed yet."""
        if request.done:
            return
        age = now - request.due
        crossed = sum(threshold <= age for threshold in self._thresholds)
        self._count_to(request, len(self._thresholds) if failed else crossed)
        request.done = True
        self.open -= 1

    def _count_to(self, request: Request, count: int) -> None:
        while request.counted < count:
            self._on_late(request.name, request.counted)
            request.counted += 1
