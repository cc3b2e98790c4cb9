"""Visitors of the counter, twenty a second."""

from tocsin.load.users import ArrivalUser, Call

DESCRIPTION = "20 visits a second"
RAMP_SECONDS = 2.0
REQUESTS = ("page",)


class Visitor(ArrivalUser):
    """Everybody asks for the one page there is."""

    rates = {"page": 20.0}  # noqa: RUF012 - read only

    def next_call(self, name: str) -> Call:
        """The page."""
        return Call(name, "GET", "/")
