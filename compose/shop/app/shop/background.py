"""Work that goes on beside the requests: an unexpected failure of it is told, and it begins again."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

_PAUSE_SECONDS = 1.0

log = logging.getLogger(__name__)


async def kept_running(work: Callable[[], Awaitable[None]], pause: float = _PAUSE_SECONDS) -> None:
    """Do ``work`` until it is done or cancelled; when it fails, again after ``pause`` seconds."""
    while True:
        try:
            await work()
        except Exception:
            log.exception("%s failed; it begins again", getattr(work, "__qualname__", work))
            await asyncio.sleep(pause)
        else:
            return
