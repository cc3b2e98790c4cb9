"""A small Starlette application with everything that an HTTP client must get along with, for granian."""

import asyncio
import gzip
import json
import zlib
from collections.abc import AsyncIterator

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

ALL = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
"""Methods of the echo; HEAD comes with GET."""


async def echo(request: Request) -> Response:
    """What came in, as JSON, padded so that the answer's length does not depend on the client's own headers."""
    seen = {
        "method": request.method,
        "path": request.url.path,
        "query": [list(pair) for pair in request.query_params.multi_items()],
        "headers": dict(request.headers),
        "body": (await request.body()).decode("latin-1"),
    }
    return Response(json.dumps(seen).ljust(1024), media_type="application/json")


async def status(request: Request) -> Response:
    """An answer of that status."""
    code = request.path_params["code"]
    return Response(status_code=code) if code in {204, 304} else PlainTextResponse(f"status {code}", code)


async def chunks(_: Request) -> Response:
    """A chunked answer in three pieces."""

    async def pieces() -> AsyncIterator[bytes]:
        for piece in (b"one ", b"two ", b"three"):
            yield piece
            await asyncio.sleep(0)

    return StreamingResponse(pieces(), media_type="text/plain")


async def coded(request: Request) -> Response:
    """A compressed answer."""
    coding, text = request.path_params["coding"], b"unfolded " * 50
    body = gzip.compress(text) if coding == "gzip" else zlib.compress(text)
    return Response(body, headers={"Content-Encoding": coding}, media_type="text/plain")


async def redirect(request: Request) -> Response:
    """A redirect of that status to the echo, by way of that many others."""
    code, left = request.path_params["code"], request.path_params["left"]
    return RedirectResponse(f"/redirect/{code}/{left - 1}" if left else "/echo", code)


async def sign_in(_: Request) -> Response:
    """Sets two cookies, of which one goes to a part of the site only."""
    response = PlainTextResponse("in")
    response.set_cookie("session", "abc")
    response.set_cookie("part", "1", path="/elsewhere")
    return response


async def sign_out(_: Request) -> Response:
    """Takes the cookie back."""
    response = PlainTextResponse("out")
    response.delete_cookie("session")
    return response


async def slow(_: Request) -> Response:
    """Takes longer than anybody waits."""
    await asyncio.sleep(30)
    return PlainTextResponse("late")


app = Starlette(
    routes=[
        Route("/echo", echo, methods=ALL),
        Route("/api/{rest:path}", echo, methods=ALL),
        Route("/status/{code:int}", status),
        Route("/chunks", chunks),
        Route("/coded/{coding}", coded),
        Route("/redirect/{code:int}/{left:int}", redirect, methods=["GET", "POST"]),
        Route("/in", sign_in),
        Route("/out", sign_out),
        Route("/slow", slow),
    ]
)
