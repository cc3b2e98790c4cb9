"""What is LeanHttpUser's own: what it refuses, its limits, secrets, and how it reports broken answers.

Locust is imported without its patching of the process: gevent's own sockets do not need it.
"""

import gc
import gzip
import os
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import gevent
import pytest
from gevent.pool import Group
from tests.certificate import make_certificate, server_side_of
from tests.hostile import Drip, End, scripted

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
Fired = list[dict[str, Any]]
MakeUser = Callable[..., Any]


@pytest.fixture(scope="module")
def lean() -> Iterator[Any]:
    """The user class."""
    patching = "LOCUST_SKIP_MONKEY_PATCH"
    os.environ[patching] = "1"
    try:
        from tocsin.load.lean import LeanHttpUser  # noqa: PLC0415 - only once the patching is off
    finally:
        del os.environ[patching]
    return LeanHttpUser


@pytest.fixture
def fired() -> Fired:
    """The request events."""
    return []


@pytest.fixture
def make_user(lean: Any, fired: Fired) -> Iterator[MakeUser]:
    """Makes a user for a port; keywords become attributes of its class."""
    from locust.env import Environment  # noqa: PLC0415 - as above

    made: list[Any] = []

    def make(port: int, host: str = "http://127.0.0.1:{}", **attributes: Any) -> Any:
        kind = type("User", (lean,), {"host": host.format(port), "network_timeout": 5.0, **attributes})
        environment = Environment(user_classes=[kind])
        environment.events.request.add_listener(lambda **meta: fired.append(meta))
        made.append(kind(environment))
        return made[-1]

    yield make
    for user in made:
        user.client.close()


def answer(body: bytes = b"", *fields: bytes, status: bytes = b"200 OK") -> bytes:
    """An answer as bytes."""
    return b"\r\n".join([b"HTTP/1.1 " + status, b"Content-Length: %d" % len(body), *fields, b"", body])


def head_of(request: tuple[int, bytes]) -> list[str]:
    """The lines of a request's head."""
    return request[1].partition(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")


@pytest.mark.parametrize(
    "options",
    [
        {"files": {"a": b"b"}}, {"stream": True}, {"proxies": {"http": "http://x"}}, {"hooks": {"response": print}},
        {"cookies": {"a": "b"}}, {"verify": False}, {"cert": "x.pem"}, {"timeout": (1, 2)}, {"timeout": 0},
        {"timeout": "soon"}, {"data": 5}, {"data": iter([b"a"])}, {"tmeout": 5},
    ],
    ids=lambda options: f"{next(iter(options))}-{type(next(iter(options.values()))).__name__}",
)  # fmt: skip
def test_what_is_not_supported_is_refused_before_anything_is_sent(
    make_user: MakeUser, fired: Fired, options: dict[str, Any]
) -> None:
    with scripted([[OK]]) as served:
        with pytest.raises(TypeError):
            make_user(served.port).client.post("/", **options)
        assert served.connections == 0
    assert fired == []


def test_what_asks_for_nothing_passes(make_user: MakeUser) -> None:
    with scripted([[OK]]) as served:
        assert make_user(served.port).client.get("/", stream=False, files=None, verify=None, timeout=None).ok


@pytest.mark.parametrize(
    ("method", "url", "headers"),
    [
        ("GET", "/", {"X": "a\r\nY: b"}), ("GET", "/", {"X: a\r\nY": "b"}), ("GET", "/", {"X": "a\nb"}),
        ("GET", "/", {"": "b"}), ("GET", "/", {"X": "\u2603"}), ("GET", "/", {"X": 5}),
        ("GET", "/", {"Content-Length": "5"}), ("GET", "/", {"transfer-encoding": "chunked"}),
        ("GET / HTTP/1.1\r\nX:", "/", None), ("", "/", None), ("GET", "http://", None), ("GET", "http://[::1", None),
    ],
)  # fmt: skip
def test_nothing_can_be_smuggled_in(
    make_user: MakeUser, fired: Fired, method: str, url: str, headers: dict[str, Any] | None
) -> None:
    with scripted([[OK]]) as served:
        with pytest.raises(ValueError, match=r"not a|own to set|Invalid"):
            make_user(served.port).client.request(method, url, headers=headers)
        assert served.connections == 0
    assert fired == []


def test_a_line_break_in_a_path_is_quoted(make_user: MakeUser) -> None:
    with scripted([[OK]]) as served:
        make_user(served.port).client.get("/a b/\u2603?q=\u00fc d#part")
    assert head_of(served.requests[0])[0] == "GET /a%20b/%E2%98%83?q=%C3%BC%20d HTTP/1.1"


def test_heads_are_the_same_for_the_same_request_and_differ_with_headers(make_user: MakeUser) -> None:
    with scripted([[OK]] * 5) as served:
        client = make_user(served.port, default_headers={"X-All": "1", "User-Agent": "me"}).client
        client.get("/")
        client.get("/")
        client.get("/", headers={"x-all": "2"})
        client.get("/", headers={"x-all": None, "HOST": "elsewhere"})
        client.post("/", json={})
    heads = [head_of(request) for request in served.requests]
    assert heads[0] == heads[1]
    assert {f"Host: 127.0.0.1:{served.port}", "X-All: 1", "User-Agent: me"} <= set(heads[0])
    assert "x-all: 2" in heads[2]
    assert "X-All: 1" not in heads[2]
    assert "HOST: elsewhere" in heads[3]
    assert not any(line.lower().startswith(("x-all", "host: 127")) for line in heads[3])
    assert {"Content-Type: application/json", "Content-Length: 2", "X-All: 1"} <= set(heads[4])
    assert sum(line.lower().startswith("host:") for head in heads for line in head) == 5


@pytest.mark.parametrize(
    ("turn", "error"),
    [
        ([End.RESET], "ConnectionResetError"), ([End.CLOSE], "NoAnswer"), ([OK[:-1], End.CLOSE], "BadAnswer"),
        ([b"garbage\r\n\r\n"], "BadAnswer"), ([], "TimeoutError"), ([OK[:-1], Drip(0.01, b"")], "TimeoutError"),
        ([answer(b"not gzip", b"Content-Encoding: gzip")], "BadAnswer"),
        ([answer(gzip.compress(b"x" * 100)[:-9], b"Content-Encoding: gzip")], "BadAnswer"),
        ([answer(gzip.compress(b"x" * 5_000_000), b"Content-Encoding: gzip")], "BadAnswer"),
        ([answer(b"x" * 2_000_000)], "BadAnswer"),
        ([answer(b"", b"Location: ftp://127.0.0.1/", status=b"302 Found")], "BadAnswer"),
        ([answer(b"", b"Location: http://[bad/", status=b"302 Found")], "BadAnswer"),
        ([answer(b"", b"Location: http://127.0.0.1:99999/", status=b"302 Found")], "BadAnswer"),
    ],
)  # fmt: skip
def test_a_request_without_a_proper_answer_is_a_failure_with_status_0(
    make_user: MakeUser, fired: Fired, turn: list[Any], error: str
) -> None:
    with scripted([turn]) as served:
        response = make_user(served.port, network_timeout=0.3, max_body=1_000_000).client.get("/")
    assert (response.status_code, response.content, response.text) == (0, None, None)
    assert [(type(one["exception"]).__name__, one["response_length"]) for one in fired] == [(error, 0)]
    with pytest.raises(OSError):  # noqa: PT011 - which one was just compared
        response.raise_for_status()


def test_the_time_out_covers_redirects(make_user: MakeUser, fired: Fired) -> None:
    onward = answer(b"", b"Location: /next", status=b"302 Found")
    with scripted([[0.1, onward]] * 10) as served:
        make_user(served.port).client.get("/", timeout=0.35)
    assert [type(one["exception"]) for one in fired] == [TimeoutError]
    assert 2 <= len(served.requests) <= 4


def test_redirects_have_an_end(make_user: MakeUser, fired: Fired) -> None:
    with scripted([[answer(b"", b"Location: /", status=b"302 Found")]] * 20) as served:
        user = make_user(served.port, max_redirects=3)
        assert user.client.get("/").status_code == 0
    assert type(fired[0]["exception"]).__name__ == "TooManyRedirects"
    assert len(served.requests) == 4


def test_a_redirect_tells_where_it_came_from(make_user: MakeUser, fired: Fired) -> None:
    with scripted([[answer(b"", b"Location: /b?c", status=b"302 Found")], [OK]]) as served:
        response = make_user(served.port).client.get("/a")
    assert [step.status_code for step in response.history] == [302]
    assert response.url.endswith("/b?c")
    assert (fired[0]["name"], len(fired)) == ("/a", 1)
    assert fired[0]["url"].endswith("/a")


def test_secrets_stay_with_the_server_they_were_meant_for(make_user: MakeUser) -> None:
    with scripted([[OK]]) as other:
        leads_away = answer(b"", b"Location: http://127.0.0.1:%d/" % other.port, status=b"307 X")
        stays = answer(b"", b"Location: /b", status=b"307 X")
        with scripted([[stays], [leads_away]]) as served:
            client = make_user(served.port, host="http://me:pass%20word@127.0.0.1:{}").client
            assert client.get("/", headers={"Cookie": "a=b", "X-Mine": "1"}).status_code == 200
    for request in served.requests:
        assert {"Authorization: Basic bWU6cGFzcyB3b3Jk", "Cookie: a=b", "X-Mine: 1"} <= set(head_of(request))
    away = head_of(other.requests[0])
    assert "X-Mine: 1" in away
    assert not any(line.startswith(("Authorization", "Cookie")) for line in away)


def test_cookies_with_an_end_are_not_sent_after_it(make_user: MakeUser) -> None:
    setting = answer(b"", b"Set-Cookie: a=1; Max-Age=60", b"Set-Cookie: b=2", b"Set-Cookie: c=3; Domain=example.org")
    with scripted([[setting], [OK], [answer(b"", b"Set-Cookie: a=1; Max-Age=0")], [OK], [OK]]) as served:
        client = make_user(served.port).client
        for _ in range(4):
            client.get("/")
        client.cookies.set("mine", "4")
        client.get("/")
    sent = [[line for line in head_of(request) if line.startswith("Cookie")] for request in served.requests]
    assert sent == [[], ["Cookie: a=1; b=2"], ["Cookie: a=1; b=2"], ["Cookie: b=2"], ["Cookie: b=2; mine=4"]]


def test_text_follows_the_header_and_never_fails(make_user: MakeUser) -> None:
    answers = [
        answer("ü".encode(), b"Content-Type: application/json"), answer(b"\xfc", b"Content-Type: text/plain"),
        answer(b"\xfc", b"Content-Type: text/plain; charset=latin-1"), answer(b"a\xff"),
        answer(b"a", b"Content-Type: text/plain; charset=no-such-thing"),
        answer(b"a", b"Content-Type: text/plain; charset=hex"), answer(b"a\xff", b"Content-Type: text/x; charset=idna"),
    ]  # fmt: skip
    with scripted([[one] for one in answers]) as served:
        client = make_user(served.port).client
        assert [client.get("/").text for _ in answers] == ["ü", "ü", "ü", "a\ufffd", "a", "a", "a\ufffd"]


def test_two_fields_of_one_name_are_joined(make_user: MakeUser) -> None:
    with scripted([[answer(b"", b"X: a", b"x: b")]]) as served:
        assert make_user(served.port).client.get("/").headers["X"] == "a, b"


def test_the_limit_of_one_user_holds_for_what_it_unfolds(make_user: MakeUser) -> None:
    body = gzip.compress(b"x" * 1000) + gzip.compress(b"y" * 24)
    with scripted([[answer(body, b"Content-Encoding: gzip")]] * 2) as served:
        assert make_user(served.port, max_body=1024).client.get("/").content == b"x" * 1000 + b"y" * 24
        assert make_user(served.port, max_body=1023).client.get("/").status_code == 0


def test_a_user_without_a_host_says_so(lean: Any) -> None:
    from locust.env import Environment  # noqa: PLC0415 - see the head of this file
    from locust.exception import StopTest  # noqa: PLC0415

    kind = type("User", (lean,), {})
    with pytest.raises(StopTest, match="base host"):
        kind(Environment(user_classes=[kind]))


def test_tls_if_the_host_says_so(make_user: MakeUser, fired: Fired, tmp_path: Path) -> None:
    certificate = make_certificate(tmp_path)
    host = "https://127.0.0.1:{}"

    def trusting() -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(certificate[0]))

    with scripted([[OK]], tls=server_side_of(certificate)) as served:
        assert make_user(served.port, host).client.get("/").status_code == 200
        assert make_user(served.port, host, insecure=False).client.get("/").status_code == 0
        assert make_user(served.port, host, ssl_context_factory=trusting).client.get("/").status_code == 200
    assert isinstance(fired[1]["exception"], ssl.SSLCertVerificationError)


def test_a_user_that_ends_closes_its_connections(make_user: MakeUser) -> None:
    def act(user: Any) -> None:
        user.client.get("/")
        gevent.sleep(10)

    with scripted([[OK]]) as served:
        user = make_user(served.port, tasks=[act])
        users = Group()
        user.start(users)
        gevent.sleep(0.1)
        assert [len(idle) for idle in user.client._pool._idle.values()] == [1]
        user.stop(force=True)
        users.join()
        assert [len(idle) for idle in user.client._pool._idle.values()] == [0]


@pytest.mark.parametrize("turn", [[OK], [End.CLOSE], [End.RESET], [b"garbage\r\n\r\n"], []])
def test_requests_leave_nothing_to_the_garbage_collector(make_user: MakeUser, turn: list[Any]) -> None:
    with scripted([[answer(b"ok", b"Set-Cookie: a=b")], *([turn] * 60)]) as served:
        client = make_user(served.port, network_timeout=0.02).client
        client.get("/")
        gc.collect()
        gc.disable()
        try:
            for _ in range(50):
                client.post("/", json={"a": 1})
            assert gc.collect() < 50
        finally:
            gc.enable()
