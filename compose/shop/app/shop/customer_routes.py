"""The routes of users and orders; thin: they read the request and write the answer."""

import json
from dataclasses import asdict, dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from shop.order_wish import positive, read_wish
from shop.orders import Orders
from shop.search import Search
from shop.users import Users


@dataclass(frozen=True)
class Customers:
    """Everything that users do beyond looking at products and asking for coupons."""

    users: Users
    orders: Orders
    search: Search

    async def place(self, request: Request) -> Response:
        """POST /api/orders."""
        placed = await self.orders.place(read_wish(json.loads(await request.body())))
        return JSONResponse(asdict(placed), 201)

    async def order(self, request: Request) -> Response:
        """GET /api/orders/{id}."""
        return JSONResponse(asdict(await self.orders.order(_number(request))))

    async def refund(self, request: Request) -> Response:
        """POST /api/orders/{id}/refund."""
        return JSONResponse(asdict(await self.orders.refund(_number(request))))

    async def points(self, request: Request) -> Response:
        """GET /api/users/{id}/points."""
        user_id = _number(request)
        return JSONResponse({"user_id": user_id, "points": await self.users.points(user_id)})

    async def charge(self, request: Request) -> Response:
        """POST /api/users/{id}/points/charge."""
        user_id = _number(request)
        amount = positive((await _object(request)).get("amount"), "amount", 1_000_000_000)
        return JSONResponse({"user_id": user_id, "points": await self.users.charge(user_id, amount)})

    async def cart(self, request: Request) -> Response:
        """GET /api/users/{id}/cart."""
        user_id = _number(request)
        return JSONResponse({"user_id": user_id, "items": await self.users.cart(user_id)})

    async def put_into_cart(self, request: Request) -> Response:
        """POST /api/users/{id}/cart."""
        user_id, wish = _number(request), await _object(request)
        product = positive(wish.get("product_id"), "product_id")
        quantity = positive(wish.get("quantity"), "quantity", 100)
        await self.users.put_into_cart(user_id, product, quantity)
        return JSONResponse({"user_id": user_id, "product_id": product, "quantity": quantity})

    async def empty_cart(self, request: Request) -> Response:
        """DELETE /api/users/{id}/cart."""
        user_id = _number(request)
        return JSONResponse({"user_id": user_id, "removed": await self.users.empty_cart(user_id)})

    async def find(self, request: Request) -> Response:
        """GET /api/products/search?q=words."""
        return JSONResponse({"products": await self.search.find(request.query_params.get("q", ""))})


def _number(request: Request) -> int:
    text = request.path_params["id"]
    if not text.isdecimal():
        raise ValueError(f"{text!r} is no number")
    return positive(int(text[:12]), "a number in the path")


async def _object(request: Request) -> dict[str, Any]:
    value = json.loads(await request.body())
    if not isinstance(value, dict):
        raise ValueError("a JSON object is wanted")  # noqa: TRY004 - the value is JSON, not a call
    return value
