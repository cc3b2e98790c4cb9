"""Scenario 1: a first-come coupon rush of up to 5,000 virtual users who think for 4 s, on average, between requests."""

from locust import task

from tocsin.load.users import Call, ClosedUser

DESCRIPTION = "coupon rush: 100, 500, 1,000, then to 5,000 virtual users and down again, in 150 s at compress 1"
ARRIVALS = "closed"
THINK_SECONDS = 4.0
TIMEOUT_SECONDS = 5.0
RAMP_SECONDS = 60.0
REQUESTS = ("coupon", "lookup")

PHASES = (  # name, seconds, virtual users at the beginning and at the end
    ("u100", 10, 100, 100),
    ("u500", 10, 500, 500),
    ("u1000", 10, 1000, 1000),
    ("climb", 30, 1000, 5000),
    ("hold", 30, 5000, 5000),
    ("lookups", 30, 1000, 1000),
    ("down", 30, 1000, 0),
)
LOOKING_UP = ("lookups", "down")


class Shopper(ClosedUser):
    """Asks for a coupon until the rush is over, then looks its coupon up."""

    think = THINK_SECONDS

    @task
    def act(self) -> None:
        """One request."""
        if self.load.phase in LOOKING_UP:
            self.ask(Call("lookup", "GET", "/api/coupons/current"))
            return
        user = (self.number - 1) % self.load.users_available + 1
        self.ask(Call("coupon", "POST", "/api/coupons/current/issue", {"user_id": user}, receipt="coupon"))
