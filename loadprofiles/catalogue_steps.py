"""Scenario 3, case TC3-1: the mix of catalogue_read at 1,000, 2,000 and 5,000 requests/s on a warm cache."""

import random

from tocsin.load.popular import Popular
from tocsin.load.users import ArrivalUser, Call

DESCRIPTION = "reads in steps: 1,000, 2,000 and 5,000 requests/s, 60 s each; 70 % products, 30 % ranking"
ARRIVALS = "open"
TIMEOUT_SECONDS = 5.0
RAMP_SECONDS = 30.0
REQUESTS = ("product", "ranking_all", "ranking_3d", "ranking_7d")
SHARES = {"product": 0.7, "ranking_all": 0.1, "ranking_3d": 0.1, "ranking_7d": 0.1}
PRODUCTS = 1000

PHASES = (  # name, seconds, requests/s at the beginning and at the end
    ("warm", 30, 0, 1000),
    ("rps1000", 60, 1000, 1000),
    ("rps2000", 60, 2000, 2000),
    ("rps5000", 60, 5000, 5000),
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
