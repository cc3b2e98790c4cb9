"""Scenario 2: orders at 100 a second, then 500, and a spike of 1,000; with the looking around that goes with them."""

import random
import time

from tocsin.load.popular import Popular
from tocsin.load.users import ArrivalUser, Call

DESCRIPTION = "orders: 100/s for 5 min, 500/s for 5 min, 1,000/s for 30 s; beside each ten of them six other requests"
ARRIVALS = "open"
TIMEOUT_SECONDS = 5.0
RAMP_SECONDS = 10.0
REQUESTS = ("order", "cart", "points", "search")
SHARES = {"order": 1.0, "cart": 0.3, "points": 0.2, "search": 0.1}

PHASES = (  # name, seconds, requests/s at the beginning and at the end; 1.6 requests for each order
    ("ramp", 10, 0, 160),
    ("normal", 300, 160, 160),  # 100 orders/s
    ("peak", 300, 800, 800),  # 500 orders/s
    ("spike", 30, 1600, 1600),  # 1,000 orders/s
    ("after", 30, 160, 160),  # what the spike left to be worked off
)
PRODUCTS = 1000
MOST_ITEMS = 3
MOST_OF_ONE = 2
WORDS = ("Lamp", "Chair", "Notebook", "Mug", "Radio")


class Buyer(ArrivalUser):
    """Users come in a seeded order, each in turn; popular products are bought more often (Zipf, exponent 0.8).

    Every order has a key of its own, which says that it is one order however often it is sent.
    """

    shares = SHARES

    def on_start(self) -> None:
        """Seed everything that is random."""
        self.rng = random.Random(self.load.seed)
        self.products = Popular(self.rng, PRODUCTS)
        self.users = self.rng.sample(range(1, self.load.users_available + 1), self.load.users_available)
        self.asked = 0
        self.keys = f"{self.load.seed}-{time.time_ns():x}"  # keys of an earlier run on the same data are other orders'

    def next_call(self, name: str) -> Call:
        """The next request of that name."""
        self.asked += 1
        user = self.users[self.asked % len(self.users)]
        if name == "search":
            return Call(name, "GET", f"/api/products/search?q={self.rng.choice(WORDS)}")
        if name == "points":
            return Call(name, "GET", f"/api/users/{user}/points")
        if name == "cart":
            item = {"product_id": self.products.pick(), "quantity": self.rng.randint(1, MOST_OF_ONE)}
            return Call(name, "POST", f"/api/users/{user}/cart", item)
        return Call(name, "POST", "/api/orders", self._order(user), receipt="order")

    def _order(self, user: int) -> dict[str, object]:
        products = {self.products.pick() for _ in range(self.rng.randint(1, MOST_ITEMS))}
        items = [{"product_id": one, "quantity": self.rng.randint(1, MOST_OF_ONE)} for one in sorted(products)]
        return {"user_id": user, "items": items, "key": f"{self.keys}-{self.asked}"}
