"""The shop on real servers: what it sells, counts, keeps and gets back."""

import asyncio
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import asyncmy
import pytest
import redis
import requests
from tests.conftest import ROOT

from tocsin import clock
from tocsin.load.handler import LoadHandler, LoadStart, load_summary
from tocsin.stack.local.backend import LocalStack

pytestmark = pytest.mark.stack

Ask = Callable[..., requests.Response]


@pytest.fixture
def ask(live: LocalStack) -> Ask:
    """Send a request to the shop."""
    address = live.address("app")

    def send(method: str, path: str, body: Any = None) -> requests.Response:
        return requests.request(method, f"http://{address.host}:{address.port}{path}", json=body, timeout=15)

    return send


@pytest.fixture
def query(live: LocalStack) -> Callable[[str], list[tuple[Any, ...]]]:
    """Ask the database, straight."""
    address = live.address("mysql")
    password = live.secret("{secret.db}")

    async def run(sql: str) -> list[tuple[Any, ...]]:
        connection = await asyncmy.connect(
            host=address.host, port=address.port, user="shop", password=password, db="shop", autocommit=True
        )
        try:
            async with connection.cursor() as cursor:
                await cursor.execute(sql)
                return list(await cursor.fetchall())
        finally:
            connection.close()

    return lambda sql: asyncio.run(run(sql))


@pytest.fixture
def cache(live: LocalStack) -> "redis.Redis":
    address = live.address("redis")
    return redis.Redis(host=address.host, port=address.port, decode_responses=True)


def _sold(answer: requests.Response) -> list[int]:
    return [product["sold"] for product in answer.json()["products"]]


def test_there_is_as_much_data_as_promised(query: Any) -> None:
    counts = {name: query(f"SELECT COUNT(*) FROM {name}")[0][0] for name in ("users", "products", "sales")}  # noqa: S608
    assert counts == {"users": 10_000, "products": 1_000, "sales": 100_000}


@pytest.mark.parametrize("window", ["all", "3d", "7d"])
def test_redis_and_database_rank_alike_with_and_without_the_covering_index(ask: Ask, window: str) -> None:
    from_sets = _sold(ask("GET", f"/api/products/ranking?window={window}"))
    assert len(from_sets) == 10
    try:
        ask("PUT", "/operator/flags", {"cache": False})
        assert _sold(ask("GET", f"/api/products/ranking?window={window}")) == from_sets
        ask("PUT", "/operator/flags", {"covering_index": False})
        assert clock.wait_until(
            lambda: _sold(ask("GET", f"/api/products/ranking?window={window}")) == from_sets, timeout=3.0
        )
        ask("PUT", "/operator/flags", {"summary_table": True})
        assert clock.wait_until(
            lambda: _sold(ask("GET", f"/api/products/ranking?window={window}")) == from_sets, timeout=3.0
        )
    finally:
        ask("PUT", "/operator/flags", {"cache": True, "covering_index": True, "summary_table": False})


def test_a_product_reads_the_same_from_cache_and_database(ask: Ask) -> None:
    first = ask("GET", "/api/products/17").json()
    assert ask("GET", "/api/products/17").json() == first
    ask("PUT", "/operator/flags", {"cache": False})
    try:
        assert {**ask("GET", "/api/products/17").json(), "views": 0} == {**first, "views": 0}
    finally:
        ask("PUT", "/operator/flags", {"cache": True})


@pytest.mark.parametrize(("path", "status"), [("/api/products/0", 404), ("/api/products/x", 400), ("/nowhere", 404)])
def test_what_is_not_there_is_said_so(ask: Ask, path: str, status: int) -> None:
    assert ask("GET", path).status_code == status


@pytest.mark.parametrize("body", [{}, {"user_id": -1}, {"user_id": "7"}, {"user_id": True}, [], None])
def test_a_wish_without_a_user_is_refused(ask: Ask, body: Any) -> None:
    assert ask("POST", "/api/coupons/current/issue", body).status_code == 400


def test_views_are_counted_behind_and_reach_the_database(ask: Ask, query: Any) -> None:
    def views() -> int:
        rows = query("SELECT views FROM product_views WHERE product_id = 42")
        return int(rows[0][0]) if rows else 0

    before = views()
    for _ in range(5):
        ask("GET", "/api/products/42")
    assert clock.wait_until(lambda: views() >= before + 5, timeout=15.0, every=0.3)


def test_a_coupon_is_given_once_and_issued_to_the_database(ask: Ask, query: Any) -> None:
    answer = ask("POST", "/api/coupons/current/issue", {"user_id": 31})
    assert answer.json()["status"] in ("ACCEPTED", "DUPLICATE")
    assert ask("POST", "/api/coupons/current/issue", {"user_id": 31}).json()["status"] == "DUPLICATE"
    event = answer.json()["event_id"]
    wanted = f"SELECT COUNT(*) FROM coupons WHERE event_id = {event} AND user_id = 31"  # noqa: S608
    assert clock.wait_until(lambda: query(wanted)[0][0] == 1, timeout=20.0, every=0.2)


@pytest.mark.parametrize("redis_check", [True, False])
def test_a_rush_never_sells_more_than_there_is_and_opens_the_next_event(
    ask: Ask,
    query: Any,
    redis_check: bool,  # noqa: FBT001 - a table
) -> None:
    ask("PUT", "/operator/flags", {"redis_check": redis_check})
    first = 3000 if redis_check else 6000
    try:
        with ThreadPoolExecutor(16) as crowd:
            answers = list(crowd.map(lambda user: _wish(ask, user), range(first, first + 1500)))
    finally:
        ask("PUT", "/operator/flags", {"redis_check": True})
    accepted = [answer for answer in answers if answer["status"] == "ACCEPTED"]
    assert len({answer["event_id"] for answer in accepted}) >= 2  # sold out, and the next one was opened
    assert clock.wait_until(
        lambda: (
            query(f"SELECT COUNT(*) FROM coupons WHERE user_id BETWEEN {first} AND {first + 1499}")[0][0]  # noqa: S608
            >= len(accepted)
        ),
        timeout=30.0,
        every=0.5,
    )
    oversold = "SELECT c.event_id FROM coupons c JOIN coupon_events e ON e.id = c.event_id GROUP BY 1 HAVING COUNT(*) > MAX(e.total)"  # noqa: E501
    assert query(oversold) == []
    assert query("SELECT event_id, user_id FROM coupons GROUP BY 1, 2 HAVING COUNT(*) > 1") == []


def _wish(ask: Ask, user: int) -> Any:
    """Ask again while the next event is being opened, as a client would."""
    answer: dict[str, Any] = {}
    for _ in range(20):
        answer = ask("POST", "/api/coupons/current/issue", {"user_id": user}).json()
        if answer.get("status") in ("ACCEPTED", "DUPLICATE"):
            break
        clock.pause(0.05)
    return {"event_id": 0, "status": "NONE"} | answer


def test_after_a_flush_the_rebuild_gives_back_stock_and_holders_exactly(ask: Ask, cache: "redis.Redis") -> None:
    holder = ask("POST", "/api/coupons/current/issue", {"user_id": 77}).json()
    assert holder["status"] in ("ACCEPTED", "DUPLICATE")
    before = ask("GET", "/api/coupons/current").json()
    ranking = _sold(ask("GET", "/api/products/ranking"))
    cache.flushall()
    assert ask("POST", "/api/coupons/current/issue", {"user_id": 78}).status_code == 503
    assert ask("POST", "/operator/rebuild").status_code == 200
    assert ask("GET", "/api/coupons/current").json() == before
    again = ask("POST", "/api/coupons/current/issue", {"user_id": 77}).json()
    if again["event_id"] == holder["event_id"]:
        assert again["status"] == "DUPLICATE"
    assert _sold(ask("GET", "/api/products/ranking")) == ranking


def test_metrics_have_the_names_of_a_spring_boot_service(ask: Ask) -> None:
    text = ask("GET", "/actuator/prometheus").text
    for name in (
        'http_server_requests_seconds_count{exception="none",method="GET",outcome="SUCCESS",status="200",uri="/api/products/{id}"}',
        "lettuce_command_completion_seconds_bucket", "hikaricp_connections_active", "hikaricp_connections_pending",
        "hikaricp_connections_acquire_seconds_count", "spring_kafka_template_seconds_count", "process_cpu_usage",
    ):  # fmt: skip
        family = name.partition("{")[0]
        assert family in text, name


def test_an_issuer_times_its_commits_under_the_names_of_the_kafka_client(ask: Ask, live: LocalStack) -> None:
    def commits() -> tuple[float, float]:
        """(how many, nanoseconds in them) over all issuers."""
        found = {"kafka_consumer_coordinator_commit_total": 0.0, "kafka_consumer_commit_sync_time_ns_total": 0.0}
        for number in (1, 2, 3):
            address = live.address("coupon-issuer", number=number)
            text = requests.get(f"http://{address.host}:{address.port}/actuator/prometheus", timeout=5).text
            for line in text.splitlines():
                name = line.partition("{")[0]
                if name in found:
                    found[name] += float(line.split()[-1])
        return found["kafka_consumer_coordinator_commit_total"], found["kafka_consumer_commit_sync_time_ns_total"]

    before = commits()
    assert ask("POST", "/api/coupons/current/issue", {"user_id": 79}).status_code == 202
    assert clock.wait_until(lambda: commits()[0] > before[0], timeout=15.0, every=0.2)
    after = commits()
    assert 1e4 < (after[1] - before[1]) / (after[0] - before[0]) < 3e9  # a round trip to the broker on loopback


def test_the_rush_goes_through_its_stages(live: LocalStack, tmp_path: Path) -> None:
    address = live.address("app")
    start = LoadStart(
        profile=ROOT / "loadprofiles" / "coupon_rush.py", host=f"http://{address.host}:{address.port}",
        metrics_port=live.load_port, seed=7, scale=0.02, compress=15.0, duration=30.0, folder=tmp_path, run="rush-test",
    )  # fmt: skip
    handler = LoadHandler()
    handler.apply(json.loads(start.model_dump_json()))
    try:
        url = f"http://127.0.0.1:{live.load_port}/metrics"

        def users() -> float:
            lines = requests.get(url, timeout=5).text.splitlines()
            return next(float(line.split()[1]) for line in lines if line.startswith("load_users "))

        assert clock.wait_until(lambda: users() >= 90, timeout=20.0, every=0.2)  # 5,000 users at scale 0.02 are 100
        assert clock.wait_until(lambda: users() <= 30, timeout=20.0, every=0.2)
    finally:
        handler.revert(json.loads(start.model_dump_json()))
    assert handler.residue(json.loads(start.model_dump_json())) == []
    summary = load_summary(tmp_path)
    assert summary is not None
    assert summary.completed > 0
    assert summary.failed <= 0.05 * summary.completed
