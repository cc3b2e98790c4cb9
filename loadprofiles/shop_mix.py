"""Steady arrivals of product pages, rankings and coupon requests, for as long as a drill lasts."""

import random

from tocsin.load.popular import Popular
from tocsin.load.users import ArrivalUser, Call

DESCRIPTION = "steady arrivals: 100 product pages, 20 rankings and 30 coupon requests a second at scale 1"
RAMP_SECONDS = 10.0
TIMEOUT_SECONDS = 5.0
REQUESTS = ("product", "ranking", "coupon")

PRODUCTS = 1000
WINDOWS = ("all", "3d", "7d")


class ShopMix(ArrivalUser):
    """Popular products are asked for more often (Zipf, exponent 0.8); users come in a seeded order, each in turn."""

    rates = {"product": 100.0, "ranking": 20.0, "coupon": 30.0}  # noqa: RUF012 - read only

    def on_start(self) -> None:
        """Seed everything that is random."""
        self.rng = random.Random(self.load.seed)
        self.products = Popular(self.rng, PRODUCTS)
        self.users = self.rng.sample(range(1, self.load.users_available + 1), self.load.users_available)
        self.asked = 0

    def next_call(self, name: str) -> Call:
        """The next request of a stream."""
        if name == "product":
            return Call(name, "GET", f"/api/products/{self.products.pick()}")
        if name == "ranking":
            return Call(name, "GET", f"/api/products/ranking?window={self.rng.choice(WINDOWS)}")
        user = self.users[self.asked % len(self.users)]
        self.asked += 1
        return Call(name, "POST", "/api/coupons/current/issue", {"user_id": user}, receipt="coupon")
