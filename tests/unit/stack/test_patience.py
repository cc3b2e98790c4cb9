"""Insisting: again after an error of ours, until it is late; any other error is one at once."""

import pytest

from tocsin import clock
from tocsin.errors import TocsinError
from tocsin.stack.patience import insist


@pytest.fixture(autouse=True)
def time_flies(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses take no time of ours, and all of the clock's."""
    now = [100.0]
    monkeypatch.setattr(clock, "monotonic", lambda: now[0])
    monkeypatch.setattr(clock, "pause", lambda seconds: now.__setitem__(0, now[0] + seconds))


class Server:
    """Refuses a number of times."""

    def __init__(self, refusals: int) -> None:
        self.asked = 0
        self._refusals = refusals

    def ask(self) -> None:
        self.asked += 1
        if self.asked <= self._refusals:
            raise TocsinError(f"refused for the {self.asked}. time")


def test_a_server_that_answers_at_once_is_asked_once() -> None:
    server = Server(0)
    insist(server.ask, 5.0)
    assert server.asked == 1


def test_a_server_that_refuses_at_first_is_asked_again() -> None:
    server = Server(7)
    insist(server.ask, 5.0)
    assert server.asked == 8


def test_the_last_refusal_is_told_when_it_is_late() -> None:
    server = Server(1000)
    with pytest.raises(TocsinError, match="refused for the 5"):
        insist(server.ask, 5.0)
    assert 40 < server.asked < 60


def test_a_mistake_of_ours_is_not_tried_again() -> None:
    with pytest.raises(ZeroDivisionError):
        insist(lambda: 1 / 0, 5.0)
