"""Scenario 3: product pages and rankings on a warm cache, at 1,000 and then 5,000 requests/s, and after a flush.

The flush of Redis is the drill's fault, due when `flushed` begins. That phase goes back to the rate of `normal`: what
the scenario asks for then (time on misses, time to rebuild) is measured against the same rate on hits; at 5,000 a
system that was at its limit before could not tell misses from overload. It is as long as the peak, so that a summary
that is rebuilt every few minutes shows.
"""

import random

from tocsin.load.popular import Popular
from tocsin.load.users import ArrivalUser, Call

DESCRIPTION = (
    "reads: 1,000 requests/s for 10 min, 5,000 for 5 min, 1,000 for 5 min after a flush; 70 % products, 30 % ranking"
)
ARRIVALS = "open"
TIMEOUT_SECONDS = 5.0
RAMP_SECONDS = 30.0
REQUESTS = ("product", "ranking_all", "ranking_3d", "ranking_7d")
SHARES = {"product": 0.7, "ranking_all": 0.1, "ranking_3d": 0.1, "ranking_7d": 0.1}
PRODUCTS = 1000

PHASES = (  # name, seconds, requests/s at the beginning and at the end
    ("warm", 30, 0, 1000),
    ("normal", 600, 1000, 1000),
    ("peak", 300, 5000, 5000),
    ("flushed", 300, 1000, 1000),
)


class Reader(ArrivalUser):
    """70 % product pages, popular ones more often (Zipf, exponent 0.8), and 30 % rankings, each window alike."""

    shares = SHARES

    def on_start(self) -> None:
        """Seed everything that is random."""
        self.rng = random.Random(self.load.seed)
        self.products = Popular(self.rng, PRODUCTS)

    def next_call(self, name: str) -> Call:
        """The next request of that name."""
        if name != "product":
            return Call(name, "GET", f"/api/products/ranking?window={name.removeprefix('ranking_')}")
        return Call(name, "GET", f"/api/products/{self.products.pick()}")
