"""The server of the benchmark: the least that granian can answer, so that the generator is what is measured."""

from typing import Any


async def app(_scope: Any, protocol: Any) -> None:
    """Two bytes (RSGI)."""
    protocol.response_str(200, [("content-type", "text/plain")], "ok")
