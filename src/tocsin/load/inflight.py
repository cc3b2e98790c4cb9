"""Requests in flight, and the moment each becomes late: counted once per threshold, hung requests included."""

from collections import deque
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

LADDER = (0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
"""Age thresholds in seconds at which a request counts as late."""

Key = TypeVar("Key")


class Request(Generic[Key]):
    """One request: what it is counted under, when it was due, and for how many thresholds it has been counted."""

    __slots__ = ("counted", "done", "due", "key")

    def __init__(self, key: Key, due: float) -> None:
        self.key = key
        self.due = due
        self.counted = 0
        self.done = False


class InFlight(Generic[Key]):
    """Watches requests grow old. Times are seconds on any one clock that the caller keeps to."""

    def __init__(self, on_late: Callable[[Key, int], None], thresholds: Sequence[float] = LADDER) -> None:
        """``on_late`` is called with the request's key and the index of the threshold."""
        self._thresholds = tuple(thresholds)
        self._queues: tuple[deque[Request[Key]], ...] = tuple(deque() for _ in range(len(self._thresholds) + 1))
        self._on_late = on_late
        self._open: set[Request[Key]] = set()

    @property
    def open(self) -> int:
        """How many are in flight."""
        return len(self._open)

    def begin(self, key: Key, due: float) -> Request[Key]:
        """A request that was due at ``due``; requests must begin in the order of their due times."""
        request = Request(key, due)
        self._queues[0].append(request)
        self._open.add(request)
        return request

    def tick(self, now: float) -> None:
        """Count every request in flight whose age has crossed a threshold; it then waits for the next one."""
        for index, (threshold, queue) in enumerate(zip(self._thresholds, self._queues[:-1], strict=True)):
            onward = self._queues[index + 1]
            while queue and queue[0].due + threshold <= now:
                request = queue.popleft()
                if not request.done:
                    self._count_to(request, index + 1)
                    onward.append(request)
        self._queues[-1].clear()  # nothing waits beyond the last threshold

    def end(self, request: Request[Key], now: float, *, failed: bool) -> None:
        """The request was answered, or failed; a failure counts for every threshold it had not crossed yet."""
        if request.done:
            return
        request.done = True
        self._open.discard(request)
        if failed:
            self._count_to(request, len(self._thresholds))
            return
        age = now - request.due
        if age >= self._thresholds[0]:
            self._count_to(request, sum(threshold <= age for threshold in self._thresholds))

    def unfinished(self) -> list[Request[Key]]:
        """Those that are still in flight."""
        return list(self._open)

    def _count_to(self, request: Request[Key], count: int) -> None:
        while request.counted < count:
            self._on_late(request.key, request.counted)
            request.counted += 1
