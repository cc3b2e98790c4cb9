"""What a client wants to order, read from its JSON."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_MOST_ITEMS, _MOST_OF_ONE = 20, 100
_KEY_LENGTH = 64


@dataclass(frozen=True)
class Item:
    """So many of a product."""

    product_id: int
    quantity: int


@dataclass(frozen=True)
class Wish:
    """An order that somebody wants; ``key`` is the client's own name for it, items stand in the order of products."""

    user_id: int
    key: str
    items: tuple[Item, ...]
    coupon_event: int | None = None


def read_wish(value: Any) -> Wish:
    """Read an order.

    Raises:
        ValueError: saying what is wrong with it.
    """
    if not isinstance(value, Mapping):
        raise ValueError("an order is a JSON object")  # noqa: TRY004 - the value is JSON, not a call
    key = value.get("key")
    if not isinstance(key, str) or not 0 < len(key) <= _KEY_LENGTH or not key.isascii():
        raise ValueError(f"key is a text of 1 to {_KEY_LENGTH} ASCII characters, of the client's own choosing")
    event = value.get("coupon_event")
    return Wish(
        user_id=positive(value.get("user_id"), "user_id"),
        key=key,
        items=_items(value.get("items")),
        coupon_event=None if event is None else positive(event, "coupon_event"),
    )


def positive(value: Any, name: str, most: int = 4_000_000_000) -> int:
    """A positive whole number.

    Raises:
        ValueError: naming what is none.
    """
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value <= most:
        raise ValueError(f"{name} is a positive number, {most} at most")
    return value


def _items(value: Any) -> tuple[Item, ...]:
    """The items, each product once, in ascending order: everybody locks the rows of a stock in that order."""
    if not isinstance(value, list) or not 0 < len(value) <= _MOST_ITEMS:
        raise ValueError(f"items is a list of 1 to {_MOST_ITEMS}")
    wanted: dict[int, int] = {}
    for one in value:
        if not isinstance(one, Mapping):
            raise ValueError("an item has product_id and quantity")  # noqa: TRY004 - the value is JSON, not a call
        product = positive(one.get("product_id"), "product_id")
        wanted[product] = wanted.get(product, 0) + positive(one.get("quantity"), "quantity", _MOST_OF_ONE)
    return tuple(Item(product, wanted[product]) for product in sorted(wanted))
