"""A shop that is asked for more than it works on at once says so at once, and lets operators in all the same."""

import asyncio
import json
from typing import Any

from shop.admission import Admission
from shop.app_metrics import AppMetrics


class Inner:
    """Answers when it is told to."""

    def __init__(self) -> None:
        self.go_on = asyncio.Event()
        self.asked = 0

    async def __call__(self, scope: Any, _receive: Any, send: Any) -> None:
        self.asked += 1
        await self.go_on.wait()
        if scope["path"] == "/api/broken":
            raise ZeroDivisionError
        await send({"type": "http.response.start", "status": 200})


async def _ask(application: Admission, path: str) -> list[dict[str, Any]]:
    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    await application({"type": "http", "method": "GET", "path": path}, None, send)
    return sent


async def _begun(inner: Inner, count: int) -> None:
    while inner.asked < count:  # noqa: ASYNC110 - the loop has nothing else to do
        await asyncio.sleep(0)


def test_the_request_that_is_one_too_many_is_refused_and_operators_are_let_in() -> None:
    async def play() -> None:
        inner, metrics = Inner(), AppMetrics("redis:6379")
        application = Admission(inner, 2, metrics)
        waiting = [asyncio.create_task(_ask(application, "/api/products/1")) for _ in range(2)]
        await _begun(inner, 2)
        start, body = await _ask(application, "/api/products/1")
        assert (start["status"], dict(start["headers"])[b"retry-after"]) == (503, b"1")
        assert len(body["body"]) == int(dict(start["headers"])[b"content-length"])
        assert "too many requests" in json.loads(body["body"])["error"]
        refused = {"uri": "UNKNOWN", "method": "GET", "status": "503", "outcome": "SERVER_ERROR"}
        labels = refused | {"exception": "BusyError", "error": "BusyError"}
        assert metrics.registry.get_sample_value("http_server_requests_seconds_count", labels) == 1
        operator = asyncio.create_task(_ask(application, "/operator/flags"))
        await _begun(inner, 3)
        inner.go_on.set()
        assert [sent[0]["status"] for sent in await asyncio.gather(*waiting, operator)] == [200, 200, 200]
        assert (await _ask(application, "/api/products/1"))[0]["status"] == 200

    asyncio.run(play())


def test_a_request_that_fails_gives_its_place_back() -> None:
    async def play() -> None:
        inner = Inner()
        inner.go_on.set()
        application = Admission(inner, 1, AppMetrics("redis:6379"))
        for _ in range(2):
            try:
                await _ask(application, "/api/broken")
            except ZeroDivisionError:
                continue
            raise AssertionError("it was refused, or did not fail")
        assert (await _ask(application, "/api/products/1"))[0]["status"] == 200

    asyncio.run(play())
