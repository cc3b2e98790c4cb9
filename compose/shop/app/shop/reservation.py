"""What a coupon counter answers, and what every counter can do."""

from dataclasses import dataclass
from typing import Literal, Protocol

Status = Literal["reserved", "duplicate", "sold_out"]


@dataclass(frozen=True)
class Reservation:
    """The answer to one user's wish: the event it concerns and the coupons left in it."""

    status: Status
    event_id: int
    left: int


@dataclass(frozen=True)
class OpenEvent:
    """The event being sold."""

    event_id: int
    total: int
    left: int


class CouponCounter(Protocol):
    """Counts the coupons of an event down."""

    async def reserve(self, user_id: int) -> Reservation:
        """Take a coupon for a user, if there is one and the user has none.

        Raises:
            ShopError: when that cannot be said for certain.
        """
        ...

    async def release(self, reservation: Reservation, user_id: int, *, restock: bool) -> None:
        """Undo a reservation; ``restock`` puts the coupon back, which is right only if it was certainly not sent on.

        Raises:
            ShopError: when the counter does not answer.
        """
        ...

    async def current(self) -> OpenEvent:
        """The event being sold.

        Raises:
            ShopError: when that cannot be said.
        """
        ...
