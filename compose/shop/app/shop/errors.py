"""What can go wrong behind the shop's routes, each with its place in the answer."""


class ShopError(Exception):
    """Something behind the shop did not work; the request is answered 503."""


class CacheError(ShopError):
    """Redis did not answer, or answered with an error."""


class DatabaseError(ShopError):
    """The database did not answer, or answered with an error."""


class BrokerError(ShopError):
    """The broker did not confirm a record.

    Attributes:
        certain: true when the record was certainly not taken, false when it may still arrive.
    """

    def __init__(self, message: str, *, certain: bool) -> None:
        super().__init__(message)
        self.certain = certain


class StateMissingError(ShopError):
    """Redis answers, but the coupon state is not in it: it was lost and has not been rebuilt."""


class RebuildRunningError(ShopError):
    """Another rebuild holds the lock."""


class UnknownProductError(LookupError):
    """There is no product of that id."""


class UnknownUserError(LookupError):
    """There is no user of that id."""


class UnknownOrderError(LookupError):
    """There is no order of that id."""


class OrderRefusedError(Exception):
    """An order cannot be had: too little stock, too few points, no such coupon; the request is answered 409."""
