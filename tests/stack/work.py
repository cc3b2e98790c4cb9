"""Work for the shop while somebody looks at it: a limit is felt only by a server that has something to do."""

import contextlib
import threading
from collections.abc import Iterator

import requests

from tocsin import clock
from tocsin.stack.local.backend import LocalStack

_THREADS = 4
_LONGEST = 30.0
"""Seconds after which the work ends by itself."""


@contextlib.contextmanager
def busy(stack: LocalStack) -> Iterator[None]:
    """Keep a few threads asking the shop for coupons and products, past the cache, for as long as the block lasts."""
    over = threading.Event()
    threads = [threading.Thread(target=_work, args=(stack, number, over), daemon=True) for number in range(_THREADS)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join()


def _work(stack: LocalStack, number: int, over: threading.Event) -> None:
    address = stack.address("app")
    url = f"http://{address.host}:{address.port}/api"
    end = clock.monotonic() + _LONGEST
    turn = number
    with requests.Session() as session:
        session.trust_env = False  # loopback only
        while not over.is_set() and clock.monotonic() < end:
            turn += _THREADS
            with contextlib.suppress(requests.RequestException):  # what is broken need not answer
                session.post(f"{url}/coupons/current/issue", json={"user_id": 1 + turn % 9000}, timeout=0.5)
                session.get(f"{url}/products/{1 + turn % 1000}", timeout=0.5)
