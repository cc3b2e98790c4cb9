"""What does not change while the shop runs: product names, and the newest day with sales."""

from dataclasses import dataclass

from shop.database import Database


@dataclass(frozen=True)
class Catalogue:
    """Names by product id, and the newest sales day (days since the data set's first)."""

    names: dict[int, str]
    newest_day: int

    @classmethod
    async def load(cls, database: Database) -> "Catalogue":
        """Read the catalogue.

        Raises:
            DatabaseError: when the database cannot be asked.
        """
        names = dict(await database.rows("SELECT id, name FROM products"))
        newest = await database.rows("SELECT MAX(sold_on) FROM sales")
        return cls(names, int(newest[0][0] or 0))
