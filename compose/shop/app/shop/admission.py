"""How many requests the shop works on at once: beyond that it says so at once, and works for those who still wait."""

import json
from typing import Any

from shop.app_metrics import AppMetrics

_BODY = json.dumps({"error": "BusyError: too many requests are in progress"}).encode()
_REFUSAL = (
    {
        "type": "http.response.start",
        "status": 503,
        "headers": [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(_BODY)).encode()),
            (b"retry-after", b"1"),
        ],
    },
    {"type": "http.response.body", "body": _BODY},
)


class Admission:
    """An ASGI application before another one: counts its requests in progress and refuses those beyond ``most``.

    Without a bound, a shop that is asked for more than it can do answers everybody too late: it works for clients that
    have given up (Google, Site Reliability Engineering, 2016, chapter 22, "Addressing Cascading Failures"). Saying no
    has to be cheap, else saying it takes all there is; so it comes before everything else. Operators and monitoring are
    let in however busy the shop is.
    """

    def __init__(self, inner: Any, most: int, metrics: AppMetrics) -> None:
        self._inner = inner
        self._most = most
        self._metrics = metrics
        self._in_progress = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one request, or let it through."""
        if not scope.get("path", "").startswith("/api/"):
            await self._inner(scope, receive, send)
        elif self._in_progress >= self._most:
            self._metrics.refused(scope["method"])
            for message in _REFUSAL:
                await send(message)
        else:
            await self._let_through(scope, receive, send)

    async def _let_through(self, scope: Any, receive: Any, send: Any) -> None:
        self._in_progress += 1
        try:
            await self._inner(scope, receive, send)
        finally:
            self._in_progress -= 1
