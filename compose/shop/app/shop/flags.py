"""Switches an operator can turn while the shop runs."""

from dataclasses import asdict, dataclass, fields, replace
from typing import Any


@dataclass(frozen=True)
class Flags:
    """The operator's switches.

    Attributes:
        cache: product pages and rankings are read from Redis first.
        redis_check: coupons are reserved in Redis, else in the database.
        covering_index: ranking queries may use the covering index.
        summary_table: rankings from the database are read from the summary by day.
        coalesce_misses: a ranking that Redis lacks is asked of the database once for all who wait, and the answer
            serves for a second; else every request asks.
        reserve_stock: orders hold their stock in a short transaction of its own, then confirm or cancel.
        stock_in_redis: orders ask Redis for their stock first; the database takes it last.
        shed_load: ranking requests are refused at once.
    """

    cache: bool = True
    redis_check: bool = True
    covering_index: bool = True
    summary_table: bool = False
    coalesce_misses: bool = False
    reserve_stock: bool = False
    stock_in_redis: bool = False
    shed_load: bool = False


class FlagStore:
    """Holds the flags in force; the flags live as long as the process."""

    def __init__(self) -> None:
        self.now = Flags()

    def change(self, wanted: Any) -> Flags:
        """Set the flags named in ``wanted`` and return all of them.

        Raises:
            ValueError: when a name is unknown or a value is not a boolean; nothing is changed then.
        """
        known = {field.name for field in fields(Flags)}
        if not isinstance(wanted, dict):
            raise ValueError("flags are a JSON object of names and booleans")  # noqa: TRY004 - the value is JSON, not a call
        for name, value in wanted.items():
            if name not in known or not isinstance(value, bool):
                raise ValueError(f"{name}: {value!r} is not one of {sorted(known)} with true or false")
        self.now = replace(self.now, **wanted)
        return self.now

    def as_dict(self) -> dict[str, bool]:
        """The flags in force, for the operator."""
        return asdict(self.now)
