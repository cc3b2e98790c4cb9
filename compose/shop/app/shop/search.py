"""Search by words of the name. Not cached: the index answers in less time than a page of results takes to send."""

import re
from typing import Any

from shop.database import Database

_FOUND = 20
_WORD = re.compile(r"\w+")
_SQL = "SELECT id, name, price FROM products WHERE MATCH(name) AGAINST(%s IN BOOLEAN MODE) ORDER BY id LIMIT %s"


class Search:
    """Finds products that have all of some words, or words that begin so, in their names."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, text: str) -> list[dict[str, Any]]:
        """At most twenty products: id, name, price.

        Raises:
            ValueError: when there is no word of three letters at least.
            ShopError: when the database does not answer.
        """
        words = [word for word in _WORD.findall(text) if len(word) >= 3]
        if not words:
            raise ValueError("q has at least one word of three letters")
        wanted = " ".join(f"+{word}*" for word in words[:5])
        rows = await self._database.rows(_SQL, (wanted, _FOUND))
        return [dict(zip(("id", "name", "price"), row, strict=True)) for row in rows]
