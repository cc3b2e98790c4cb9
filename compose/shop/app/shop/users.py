"""Users: their points, and what lies in their carts."""

from typing import Any

from shop.database import Database
from shop.errors import UnknownUserError

_MOST = 4_000_000_000


class Users:
    """Answers about one user at a time."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def points(self, user_id: int) -> int:
        """The balance.

        Raises:
            UnknownUserError: when there is no such user.
            ShopError: when the database does not answer.
        """
        rows = await self._database.rows("SELECT points FROM users WHERE id = %s", (user_id,))
        if not rows:
            raise UnknownUserError(user_id)
        return int(rows[0][0])

    async def charge(self, user_id: int, amount: int) -> int:
        """Add points and return the balance; the ledger is written in the same transaction.

        Raises:
            UnknownUserError: when there is no such user.
            ValueError: when the balance would become too large to be kept.
            ShopError: when the database does not answer.
        """
        async with self._database.cursor() as cursor:
            await cursor.execute("START TRANSACTION; SELECT points FROM users WHERE id = %s FOR UPDATE", (user_id,))
            await cursor.nextset()
            row = await cursor.fetchone()
            if row is None or int(row[0]) + amount > _MOST:
                await cursor.execute("ROLLBACK")
            else:
                await cursor.execute("UPDATE users SET points = points + %s WHERE id = %s", (amount, user_id))
                await cursor.execute(
                    "INSERT INTO points_ledger (user_id, kind, amount) VALUES (%s, 'charge', %s)", (user_id, amount)
                )
                await cursor.execute("COMMIT")
        if row is None:
            raise UnknownUserError(user_id)
        if int(row[0]) + amount > _MOST:
            raise ValueError(f"a balance is {_MOST} at most")
        return int(row[0]) + amount

    async def cart(self, user_id: int) -> list[dict[str, Any]]:
        """What lies in the cart: product, quantity, name, price.

        Raises:
            ShopError: when the database does not answer.
        """
        rows = await self._database.rows(
            "SELECT c.product_id, c.quantity, p.name, p.price FROM cart_items c JOIN products p ON p.id = c.product_id "
            "WHERE c.user_id = %s ORDER BY c.product_id",
            (user_id,),
        )
        return [dict(zip(("product_id", "quantity", "name", "price"), row, strict=True)) for row in rows]

    async def put_into_cart(self, user_id: int, product_id: int, quantity: int) -> None:
        """Lay so many of a product into the cart, in place of what there was of it.

        Raises:
            UnknownUserError: when there is no such user, or no such product.
            ShopError: when the database does not answer.
        """
        known = await self._database.rows(
            "SELECT 1 FROM users u JOIN products p ON p.id = %s WHERE u.id = %s", (product_id, user_id)
        )
        if not known:
            raise UnknownUserError(user_id)
        await self._database.change(
            "INSERT INTO cart_items (user_id, product_id, quantity) VALUES (%s, %s, %s) "
            "ON DUPLICATE KEY UPDATE quantity = VALUES(quantity)",
            (user_id, product_id, quantity),
        )

    async def empty_cart(self, user_id: int) -> int:
        """Take everything out of the cart and return how many products that were.

        Raises:
            ShopError: when the database does not answer.
        """
        return await self._database.change("DELETE FROM cart_items WHERE user_id = %s", (user_id,))
