"""Scenario 1: a first-come coupon rush of up to 5,000 virtual users who think for 4 s between requests."""

from locust import LoadTestShape, constant, task

from tocsin.load.users import Call, ClosedUser, LoadRun

DESCRIPTION = "coupon rush: 100, 500, 1,000, then to 5,000 virtual users and down again, in 150 s at compress 1"
RAMP_SECONDS = 60.0
STAGES_SECONDS = 150.0
REQUESTS = ("coupon", "lookup")

STAGES = (  # (from second, to second, users at the beginning, users at the end)
    (0, 10, 100, 100),
    (10, 20, 500, 500),
    (20, 30, 1000, 1000),
    (30, 60, 1000, 5000),
    (60, 90, 5000, 5000),
    (90, 120, 1000, 1000),
    (120, 150, 1000, 0),
)
LOOKUPS_FROM = 90


class RushShape(LoadTestShape):
    """The stages of the scenario; ``scale`` multiplies users, ``compress`` divides lengths."""

    def __init__(self, load: LoadRun) -> None:
        super().__init__()
        self.load = load

    def tick(self) -> tuple[int, float] | None:
        """(users, spawn rate) now; None at the end."""
        now = self.get_run_time() * self.load.compress
        for begin, end, first, last in STAGES:
            if begin <= now < end:
                wanted = first + (last - first) * (now - begin) / (end - begin)
                users = max(1, round(wanted * self.load.scale))
                return users, max(10.0, 1000.0 * self.load.scale * self.load.compress)
        return None


class Shopper(ClosedUser):
    """Asks for a coupon until the rush is over, then looks its coupon up."""

    wait_time = constant(4)

    @task
    def act(self) -> None:
        """One request."""
        shape = self.environment.shape_class
        if shape.get_run_time() * self.load.compress >= LOOKUPS_FROM:
            self.ask(Call("lookup", "GET", "/api/coupons/current"))
            return
        user = (self.number - 1) % self.load.users_available + 1
        self.ask(Call("coupon", "POST", "/api/coupons/current/issue", {"user_id": user}))
