"""Orders on real servers: nothing oversold, nothing paid twice, and one event for each, whatever dies in the middle."""

import asyncio
import itertools
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import asyncmy
import pytest
import requests
from tests.conftest import ROOT

from tocsin import clock
from tocsin.model.changes import Changes
from tocsin.model.event import InvariantChecked
from tocsin.observe.database import Database
from tocsin.observe.invariants import InvariantFile, check_invariants
from tocsin.stack.local.backend import LocalStack
from tocsin.yamlfile import load_model

pytestmark = pytest.mark.stack

RULES = (
    "stock_not_oversold", "points_and_orders_agree", "one_event_per_order", "every_accepted_order_kept",
    "no_order_twice",
)  # fmt: skip
Ask = Callable[..., requests.Response]
Query = Callable[[str], list[tuple[Any, ...]]]


@pytest.fixture(scope="module")
def changes() -> Changes:
    """Issuers take ten records at a time."""
    return Changes(settings={"coupon-issuer": {"ISSUER_BATCH": "10"}})


@pytest.fixture(scope="module")
def database(live: LocalStack) -> Database:
    address = live.address("mysql")
    return Database(address.host, address.port, "shop", live.secret("{secret.db}"), "shop")


@pytest.fixture
def query(database: Database) -> Query:
    """Ask the database, straight."""

    async def run(sql: str) -> list[tuple[Any, ...]]:
        async with database.cursor() as cursor:
            await cursor.execute(sql)
            return list(await cursor.fetchall())

    return lambda sql: asyncio.run(run(sql))


@pytest.fixture(scope="module")
def ask(live: LocalStack) -> Ask:
    """Send a request to the shop; every thread has its own connection."""
    address = live.address("app")
    mine = threading.local()

    def send(method: str, path: str, body: Any = None, timeout: float = 15) -> requests.Response:
        if not hasattr(mine, "session"):
            mine.session = requests.Session()
            mine.session.trust_env = False
        url = f"http://{address.host}:{address.port}{path}"
        answer: requests.Response = mine.session.request(method, url, json=body, timeout=timeout)
        return answer

    return send


@pytest.fixture
def hold(database: Database, tmp_path: Path) -> Iterator[Callable[[list[int]], None]]:
    """Checks every rule about orders; it is given the orders that clients were told of."""
    file = load_model(ROOT / "compose" / "shop" / "invariants.yaml", InvariantFile)

    def check(told: list[int]) -> None:
        receipts = tmp_path / "receipts.jsonl"
        lines = [f'{{"receipt": "order", "order_id": {number}}}\n' for number in told]
        receipts.write_text("".join(lines), encoding="utf-8")
        found: list[InvariantChecked] = check_invariants(file, RULES, database, receipts)
        assert [one.detail for one in found if not one.met] == []

    yield check
    check([])


def _wish(key: str, user: int = 7, product: int = 1, quantity: int = 1, **more: Any) -> dict[str, Any]:
    return {"user_id": user, "key": key, "items": [{"product_id": product, "quantity": quantity}], **more}


def _scarce(query: Query) -> int:
    return int(query("SELECT id FROM products WHERE stock BETWEEN 5 AND 60 ORDER BY id LIMIT 1")[0][0])


def test_an_order_takes_stock_and_points_and_asking_again_makes_no_second_one(
    ask: Ask, query: Query, hold: Callable[[list[int]], None]
) -> None:
    before = ask("GET", "/api/users/7/points").json()["points"]
    (stock,) = query("SELECT stock FROM products WHERE id = 1")[0]
    first = ask("POST", "/api/orders", _wish("a", quantity=3))
    again = ask("POST", "/api/orders", _wish("a", quantity=3))
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json()["order_id"] == first.json()["order_id"]
    assert ask("POST", "/api/orders", _wish("A", user=6, product=9)).json()["order_id"] != first.json()["order_id"]
    assert ask("POST", "/api/orders", _wish("a", user=6, product=9)).json()["user_id"] == 6
    assert query("SELECT COUNT(*) FROM orders WHERE user_id = 6")[0][0] == 2  # A is not a
    assert query("SELECT stock FROM products WHERE id = 1")[0][0] == stock - 3
    assert ask("GET", "/api/users/7/points").json()["points"] == before - first.json()["total"]
    assert first.json()["points_left"] == before - first.json()["total"]
    hold([first.json()["order_id"]])


def test_what_is_taken_back_can_be_sold_again_where_redis_counts_the_stock(ask: Ask, query: Query) -> None:
    assert ask("PUT", "/operator/flags", {"stock_in_redis": True}).status_code == 200
    try:
        product = _scarce(query)
        (left,) = query(f"SELECT stock FROM products WHERE id = {product}")[0]  # noqa: S608
        everything = ask("POST", "/api/orders", _wish("all", user=12, product=product, quantity=int(left)))
        assert ask("POST", "/api/orders", _wish("more", user=13, product=product)).status_code == 409
        ask("POST", f"/api/orders/{everything.json()['order_id']}/refund")
        assert ask("POST", "/api/orders", _wish("more", user=13, product=product)).status_code == 201
    finally:
        ask("PUT", "/operator/flags", {"stock_in_redis": False})


def test_an_order_is_taken_back_once(ask: Ask, query: Query, hold: Callable[[list[int]], None]) -> None:
    before = ask("GET", "/api/users/8/points").json()["points"]
    placed = ask("POST", "/api/orders", _wish("b", user=8, product=2)).json()
    for _ in range(2):
        back = ask("POST", f"/api/orders/{placed['order_id']}/refund")
        assert (back.status_code, back.json()["status"]) == (200, "refunded")
    assert ask("GET", "/api/users/8/points").json()["points"] == before
    assert ask("GET", f"/api/orders/{placed['order_id']}").json()["status"] == "refunded"
    hold([placed["order_id"]])


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"items": []}, 400), ({"items": [{"product_id": 1}]}, 400), ({"key": ""}, 400), ({"key": "ü"}, 400),
        ({"user_id": -1}, 400), ({"user_id": 99_999}, 409), ({"items": [{"product_id": 5_000, "quantity": 1}]}, 409),
        ({"coupon_event": 1}, 409),
    ],
)  # fmt: skip
def test_a_bad_order_is_refused_and_nothing_is_taken(ask: Ask, query: Query, change: Any, status: int) -> None:
    before = query("SELECT SUM(stock) FROM products"), query("SELECT COUNT(*) FROM orders")
    assert ask("POST", "/api/orders", {**_wish("c", user=9), **change}).status_code == status
    assert (query("SELECT SUM(stock) FROM products"), query("SELECT COUNT(*) FROM orders")) == before


def test_a_coupon_is_used_once_and_comes_back_with_a_refund(ask: Ask, query: Query) -> None:
    given = ask("POST", "/api/coupons/current/issue", {"user_id": 77}).json()
    event = given["event_id"]
    assert clock.wait_until(
        lambda: query(f"SELECT 1 FROM coupons WHERE event_id = {event} AND user_id = 77") != [],  # noqa: S608
        timeout=15.0,
    )
    (price,) = query("SELECT price FROM products WHERE id = 3")[0]
    first = ask("POST", "/api/orders", _wish("d", user=77, product=3, coupon_event=event))
    assert first.json()["total"] == price - price * 10 // 100
    second = ask("POST", "/api/orders", _wish("e", user=77, product=3, coupon_event=event))
    assert (second.status_code, "coupon" in second.json()["error"]) == (409, True)
    assert ask("POST", f"/api/orders/{first.json()['order_id']}/refund").json()["status"] == "refunded"
    third = ask("POST", "/api/orders", _wish("f", user=77, product=3, coupon_event=event))
    assert third.json()["total"] == first.json()["total"]


@pytest.mark.parametrize("flag", [None, "reserve_stock", "stock_in_redis"])
def test_the_last_ones_are_sold_once_whichever_way_the_stock_is_taken(
    ask: Ask, query: Query, hold: Callable[[list[int]], None], flag: str | None
) -> None:
    if flag is not None:
        assert ask("PUT", "/operator/flags", {flag: True}).status_code == 200
    try:
        product = _scarce(query)
        (left,) = query(f"SELECT stock FROM products WHERE id = {product}")[0]  # noqa: S608

        def order(number: int) -> requests.Response:
            return ask("POST", "/api/orders", _wish(f"last-{flag}-{number}", user=100 + number, product=product))

        with ThreadPoolExecutor(12) as threads:
            answers = list(threads.map(order, range(int(left) + 20)))
        sold = [one.json()["order_id"] for one in answers if one.status_code == 201]
        assert len(sold) == left
        assert {one.status_code for one in answers} == {201, 409}
        assert query(f"SELECT stock FROM products WHERE id = {product}")[0][0] == 0  # noqa: S608
        hold(sold)
    finally:
        if flag is not None:
            ask("PUT", "/operator/flags", {flag: False})


def test_users_have_points_and_a_cart_and_find_products(ask: Ask) -> None:
    before = ask("GET", "/api/users/11/points").json()["points"]
    assert ask("POST", "/api/users/11/points/charge", {"amount": 500}).json()["points"] == before + 500
    assert ask("POST", "/api/users/11/points/charge", {"amount": -5}).status_code == 400
    assert ask("POST", "/api/users/11/cart", {"product_id": 4, "quantity": 2}).status_code == 200
    assert [one["quantity"] for one in ask("GET", "/api/users/11/cart").json()["items"]] == [2]
    assert ask("DELETE", "/api/users/11/cart").json()["removed"] == 1
    assert ask("GET", "/api/users/11/cart").json()["items"] == []
    found = ask("GET", "/api/products/search?q=quiet lamp").json()["products"]
    assert found
    assert all("Quiet" in one["name"] and "Lamp" in one["name"] for one in found)
    assert ask("GET", "/api/products/search?q=%2B*").status_code == 400
    assert (ask("GET", "/api/users/99999/points").status_code, ask("GET", "/api/orders/0").status_code) == (404, 400)
    nobody = {"product_id": 4, "quantity": 1}
    assert ask("POST", "/api/users/99999/cart", nobody).status_code == 404
    assert ask("POST", "/api/users/9999999999999/cart", nobody).status_code == 400


@pytest.mark.parametrize("flag", [None, "reserve_stock", "stock_in_redis"])
def test_a_shop_that_is_killed_in_the_middle_of_orders_keeps_every_promise(
    live: LocalStack, ask: Ask, hold: Callable[[list[int]], None], flag: str | None
) -> None:
    if flag is not None:
        ask("PUT", "/operator/flags", {flag: True})
    told: list[int] = []
    numbers, over = itertools.count(), threading.Event()

    def shop(_: int) -> None:
        while not over.is_set():
            number = next(numbers)
            wish = _wish(f"kill-{flag}-{number}", user=200 + number % 500, product=1 + number % 40)
            try:
                answer = ask("POST", "/api/orders", wish, timeout=3)
            except requests.RequestException:
                over.wait(0.05)
                continue
            if answer.status_code == 201:
                told.append(answer.json()["order_id"])

    with ThreadPoolExecutor(8) as threads:
        work = [threads.submit(shop, number) for number in range(8)]
        assert clock.wait_until(lambda: len(told) >= 60, timeout=20.0)
        live.kill(live.replicas("app")[0])
        live.restart("app")
        first = len(told)
        assert clock.wait_until(lambda: len(told) >= first + 40, timeout=20.0)
        over.set()
        for one in work:
            one.result()
    hold(told)


def test_issuers_that_work_in_batches_of_ten_issue_every_coupon_once(ask: Ask, query: Query) -> None:
    with ThreadPoolExecutor(12) as threads:
        wishes = ({"user_id": 3000 + number} for number in range(600))
        answers = list(threads.map(lambda wish: ask("POST", "/api/coupons/current/issue", wish), wishes))
    told = {(one.json()["event_id"], one.json()["user_id"]) for one in answers if one.status_code == 202}
    assert len(told) > 500

    def issued() -> set[tuple[int, int]]:
        rows = query("SELECT event_id, user_id FROM coupons WHERE user_id BETWEEN 3000 AND 3599")
        assert len(rows) == len(set(rows))
        return {(int(event), int(user)) for event, user in rows}

    assert clock.wait_until(lambda: issued() >= told, timeout=20.0, every=0.3)
    assert query("SELECT id FROM coupon_events WHERE issued > total") == []
    assert query(
        "SELECT e.id FROM coupon_events e LEFT JOIN coupons c ON c.event_id = e.id "
        "GROUP BY e.id, e.issued HAVING COUNT(c.id) <> e.issued"
    ) == []  # fmt: skip


def test_asyncmy_tells_of_an_error_in_a_later_statement_of_a_packet(database: Database) -> None:
    """Orders rest on it: several statements go in one packet, and the last ones must not fail unheard."""

    async def run() -> None:
        async with database.cursor() as cursor:
            await cursor.execute("SELECT 1; SELECT nothing_of_this_name")
            with pytest.raises(asyncmy.errors.MySQLError):
                await cursor.nextset()

    asyncio.run(run())
