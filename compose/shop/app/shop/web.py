"""The HTTP routes, each timed under its template, with failures turned into answers in one place."""

import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass

from prometheus_client import generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from shop.app_metrics import AppMetrics
from shop.coupons import Coupons
from shop.customer_routes import Customers
from shop.errors import (
    OrderRefusedError,
    RebuildRunningError,
    ShopError,
    UnknownOrderError,
    UnknownProductError,
    UnknownUserError,
)
from shop.flags import FlagStore
from shop.products import Products
from shop.ranking import WINDOWS, Ranking
from shop.rebuild import Rebuild

Handler = Callable[[Request], Awaitable[Response]]
_STATUS = {"ACCEPTED": 202, "DUPLICATE": 409, "SOLD_OUT": 409}
_PROMETHEUS_TEXT = "text/plain; version=0.0.4; charset=utf-8"


@dataclass(frozen=True)
class Shop:
    """Everything that the routes need."""

    products: Products
    ranking: Ranking
    coupons: Coupons
    rebuild: Rebuild
    flags: FlagStore
    metrics: AppMetrics
    customers: Customers

    async def product(self, request: Request) -> Response:
        """GET /api/products/{id}."""
        return _json(await self.products.page(int(request.path_params["id"])))

    async def best_sellers(self, request: Request) -> Response:
        """GET /api/products/ranking?window=all|3d|7d."""
        if self.flags.now.shed_load:
            return JSONResponse({"error": "load is being shed"}, 503, headers={"Retry-After": "1"})
        window = request.query_params.get("window", "all")
        if window not in WINDOWS:
            raise ValueError(f"window is one of {', '.join(WINDOWS)}")
        return _json(await self.ranking.top(window))

    async def issue_coupon(self, request: Request) -> Response:
        """POST /api/coupons/current/issue."""
        wish = json.loads(await request.body())
        user_id = wish.get("user_id") if isinstance(wish, dict) else None
        if not isinstance(user_id, int) or isinstance(user_id, bool) or user_id <= 0:
            raise ValueError("user_id is a positive number")
        decision = await self.coupons.issue(user_id)
        body = {"event_id": decision.event_id, "user_id": user_id, "status": decision.status}
        return JSONResponse(body, _STATUS[decision.status])

    async def current_event(self, _: Request) -> Response:
        """GET /api/coupons/current."""
        return JSONResponse(asdict(await self.coupons.current()))

    async def health(self, _: Request) -> Response:
        """GET /actuator/health: the process answers; what it depends on is seen elsewhere."""
        return JSONResponse({"status": "UP"})

    async def prometheus(self, _: Request) -> Response:
        """GET /actuator/prometheus."""
        return Response(generate_latest(self.metrics.registry), headers={"content-type": _PROMETHEUS_TEXT})

    async def read_flags(self, _: Request) -> Response:
        """GET /operator/flags."""
        return JSONResponse(self.flags.as_dict())

    async def change_flags(self, request: Request) -> Response:
        """PUT /operator/flags."""
        return JSONResponse(asdict(self.flags.change(json.loads(await request.body()))))

    async def run_rebuild(self, _: Request) -> Response:
        """POST /operator/rebuild."""
        return JSONResponse(asdict(await self.rebuild.run()))


def application(shop: Shop) -> Starlette:
    """The shop's routes as an ASGI application."""
    customers = shop.customers
    table: list[tuple[str, str, Handler]] = [
        ("GET", "/api/products/search", customers.find),
        ("GET", "/api/products/ranking", shop.best_sellers),
        ("GET", "/api/products/{id}", shop.product),
        ("POST", "/api/coupons/current/issue", shop.issue_coupon),
        ("GET", "/api/coupons/current", shop.current_event),
        ("POST", "/api/orders", customers.place),
        ("GET", "/api/orders/{id}", customers.order),
        ("POST", "/api/orders/{id}/refund", customers.refund),
        ("GET", "/api/users/{id}/points", customers.points),
        ("POST", "/api/users/{id}/points/charge", customers.charge),
        ("GET", "/api/users/{id}/cart", customers.cart),
        ("POST", "/api/users/{id}/cart", customers.put_into_cart),
        ("DELETE", "/api/users/{id}/cart", customers.empty_cart),
        ("GET", "/actuator/health", shop.health),
        ("GET", "/actuator/prometheus", shop.prometheus),
        ("GET", "/operator/flags", shop.read_flags),
        ("PUT", "/operator/flags", shop.change_flags),
        ("POST", "/operator/rebuild", shop.run_rebuild),
    ]
    return Starlette(routes=[_route(shop.metrics, method, uri, handler) for method, uri, handler in table])


def _route(metrics: AppMetrics, method: str, uri: str, handler: Handler) -> Route:
    metrics.prepare_uri(uri, method)

    async def timed(request: Request) -> Response:
        begun = time.perf_counter()
        metrics.active.inc()
        status, exception = 500, "unexpected"
        try:
            response, exception = await _answer(handler, request)
            status = response.status_code
        finally:
            metrics.active.dec()
            metrics.request(uri, method, status, exception, time.perf_counter() - begun)
        return response

    return Route(uri, timed, methods=[method])


async def _answer(handler: Handler, request: Request) -> tuple[Response, str]:
    try:
        return await handler(request), "none"
    except (RebuildRunningError, OrderRefusedError) as error:
        return _failure(error, 409)
    except ShopError as error:
        return _failure(error, 503)
    except (UnknownProductError, UnknownUserError, UnknownOrderError) as error:
        return _failure(error, 404)
    except ValueError as error:
        return _failure(error, 400)


def _failure(error: Exception, status: int) -> tuple[Response, str]:
    name = type(error).__name__
    return JSONResponse({"error": f"{name}: {error}"}, status), name


def _json(text: str) -> Response:
    return Response(text, media_type="application/json")
