"""Cookies and the clock; what clients send is tested with the client."""

import time

import pytest

from tocsin.load.http.cookies import Cookies

URL = "http://127.0.0.1:8000/a"


def test_a_cookie_is_not_sent_after_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    cookies = Cookies()
    cookies.keep([(b"Set-Cookie", b"short=1; Max-Age=60"), (b"set-cookie", b"long=2")], URL)
    assert cookies.header(URL) == "short=1; long=2"
    late = time.time() + 61
    monkeypatch.setattr("http.cookiejar.time.time", lambda: late)
    assert cookies.header(URL) == "long=2"


def test_what_is_sent_follows_every_change() -> None:
    cookies = Cookies()
    assert not cookies.any
    cookies.keep([(b"Server", b"x")], URL)
    assert not cookies.any
    cookies.keep([(b"Set-Cookie", b"a=1")], URL)
    assert [cookies.header(URL) for _ in range(2)] == ["a=1", "a=1"]
    cookies.keep([(b"Set-Cookie", b"a=2; Path=/a")], URL)
    assert cookies.header(URL) == "a=2; a=1"
    cookies.clear()
    assert cookies.header(URL) is None


def test_a_cookie_stays_on_its_host_and_path() -> None:
    cookies = Cookies()
    cookies.keep([(b"Set-Cookie", b"a=1; Path=/a"), (b"Set-Cookie", b"b=2; Secure; Path=/")], URL)
    assert cookies.header(URL) == "a=1"
    assert cookies.header("http://127.0.0.1:8000/b") is None
    assert cookies.header("http://127.0.0.2:8000/a") is None


@pytest.mark.parametrize(
    "value", [b"", b";", b"=;=", b"\xff=\xfe", b"a=" + b"x" * 10_000, b"a=1; Max-Age=soon; Domain=..;"]
)
def test_no_value_breaks_it(value: bytes) -> None:
    cookies = Cookies()
    cookies.keep([(b"Set-Cookie", value)], URL)
    cookies.header(URL)
