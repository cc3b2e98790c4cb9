"""How many requests the shop works on at once: beyond that it says so at once, and works for those who still wait."""

from collections.abc import Iterator
from contextlib import contextmanager

from shop.errors import BusyError


class Admission:
    """Counts the requests in progress and refuses those beyond ``most``.

    Without a bound, a shop that is asked for more than it can do answers everybody too late: it works for clients that
    have given up (Google, Site Reliability Engineering, 2016, chapter 22, "Addressing Cascading Failures").
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._in_progress = 0

    @contextmanager
    def admitted(self) -> Iterator[None]:
        """Count one request as long as it is in progress.

        Raises:
            BusyError: when ``most`` are in progress.
        """
        if self._in_progress >= self._most:
            raise BusyError(f"{self._most} requests are in progress")
        self._in_progress += 1
        try:
            yield
        finally:
            self._in_progress -= 1
