"""The shop's data, made from a seed: the same seed gives the same rows on every machine."""

import random
from collections.abc import Iterator

PRODUCTS = 1_000
DAYS = 30

_ADJECTIVES = ("Quiet", "Bright", "Sturdy", "Light", "Warm", "Plain", "Folding", "Northern", "Small", "Fine")
_NOUNS = ("Lamp", "Kettle", "Chair", "Notebook", "Jacket", "Backpack", "Clock", "Mug", "Blanket", "Radio")

Row = tuple[object, ...]


def users(count: int) -> Iterator[Row]:
    """Rows of ``users``: id, name, opening points, points; enough for some twenty orders each."""
    for number in range(1, count + 1):
        points = 3_000_000 + number % 997 * 1_000
        yield number, f"user {number}", points, points


def products(seed: int) -> Iterator[Row]:
    """Rows of ``products``: id, name, description, price, stock, initial stock; one in fifty is nearly sold out."""
    dice = random.Random(f"products {seed}")
    for number in range(1, PRODUCTS + 1):
        adjective, noun = dice.choice(_ADJECTIVES), dice.choice(_NOUNS)
        name = f"{adjective} {noun} {number}"
        description = f"{name}. " + "Made to be used every day and repaired when it breaks. " * dice.randint(1, 5)
        price = dice.randint(5, 500) * 100
        stock = dice.randint(0, 50) if number % 50 == 0 else dice.randint(20_000, 60_000)
        yield number, name, description, price, stock, stock


def sales(seed: int, user_count: int, count: int) -> Iterator[Row]:
    """Rows of ``sales``: user, product, quantity, price, day (0 to 29), note; some products sell far better."""
    dice = random.Random(f"sales {seed}")
    for _ in range(count):
        product = min(PRODUCTS, 1 + int(PRODUCTS * dice.random() ** 2.5))
        day = int(DAYS * dice.random())
        price = dice.randint(5, 500) * 100
        yield (
            1 + int(user_count * dice.random()),
            product,
            1 + int(3 * dice.random()),
            price,
            day,
            "paid by card, sent by post",
        )
