"""Exchanges with a server that keeps to a hostile script: kept connections, retries, time-outs, TLS."""

import ssl
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import gevent
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.certificate import make_certificate, server_side_of
from tests.hostile import Drip, End, Served, scripted

from tocsin import clock
from tocsin.load.http.errors import BadAnswer, NoAnswer
from tocsin.load.http.outgoing import Heads, Message
from tocsin.load.http.pool import Limits, Pool
from tocsin.load.http.reader import Answer

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
CLOSING = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"
LIMITS = Limits(connection_timeout=5.0, network_timeout=5.0, concurrency=10, max_body=5_000_000)
IDLE = 0.05
"""Seconds after which a kept connection is looked at before it is used again."""


def no_tls() -> ssl.SSLContext:
    raise AssertionError("nobody asked for TLS")


@pytest.fixture
def pool() -> Iterator[Pool]:
    """A pool of plain connections."""
    made = Pool(LIMITS, no_tls)
    yield made
    made.close()


def ask(pool: Pool, port: int, method: str = "GET", body: bytes | None = None, seconds: float = 5.0) -> Answer:
    """One request."""
    message = Message(method, f"http://127.0.0.1:{port}/", None, body, None)
    return pool.exchange(Heads({}).exchange(message), seconds)


def numbers(served: Served) -> list[int]:
    """Which connection each request came on."""
    return [number for number, _ in served.requests]


def test_a_connection_is_kept(pool: Pool) -> None:
    with scripted([[OK]] * 5) as served:
        answers = [ask(pool, served.port, method) for method in ("GET", "POST", "PUT", "DELETE", "PATCH")]
        assert {answer.body for answer in answers} == {b"ok"}
    assert numbers(served) == [0] * 5


def test_a_head_leaves_the_connection_usable(pool: Pool) -> None:
    with scripted(
        [[b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"], [OK], [b"HTTP/1.1 304 X\r\n\r\n"], [OK]]
    ) as served:
        assert ask(pool, served.port, "HEAD").body == b""
        assert [ask(pool, served.port).status for _ in range(3)] == [200, 304, 200]
    assert numbers(served) == [0] * 4


def test_close_is_obeyed(pool: Pool) -> None:
    with scripted([[CLOSING]], [[OK]]) as served:
        assert [ask(pool, served.port).body for _ in range(2)] == [b"ok", b"ok"]
    assert numbers(served) == [0, 1]


def test_pieces_and_an_interim_answer(pool: Pool) -> None:
    pieces: list[bytes | float] = [b"HTTP/1.1 100 Continue\r\n\r\nHT", 0.02, OK[2:20], 0.02, OK[20:-1], 0.02, OK[-1:]]
    with scripted([pieces, [OK]]) as served:
        assert [ask(pool, served.port, "POST", b"body").body for _ in range(2)] == [b"ok", b"ok"]
    assert numbers(served) == [0, 0]


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(1, len(OK) - 1), max_size=6, unique=True))
def test_any_pieces_give_the_same_answer(cuts: list[int]) -> None:
    edges = [0, *sorted(cuts), len(OK)]
    pool = Pool(LIMITS, no_tls)
    with scripted([[OK[a:b] for a, b in pairwise(edges)]]) as served:
        assert ask(pool, served.port) == Answer(200, b"OK", [(b"Content-Length", b"2")], b"ok")
        pool.close()


def test_leftover_bytes_are_no_answer_to_the_next_request(pool: Pool) -> None:
    with scripted([[OK + b"HTTP/1.1 500 X\r\nContent-Length: 0\r\n\r\n"]], [[OK]]) as served:
        assert [ask(pool, served.port).status for _ in range(2)] == [200, 200]
    assert numbers(served) == [0, 1]


def test_bytes_that_come_later_are_no_answer_to_the_next_request(pool: Pool) -> None:
    with scripted([[OK, 0.01, b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n"]], [[OK]]) as served:
        assert ask(pool, served.port).status == 200
        gevent.sleep(IDLE)
        assert ask(pool, served.port, "POST").status == 200
    assert numbers(served) == [0, 1]


@pytest.mark.parametrize("end", End)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_connection_that_was_closed_while_idle_is_not_used(pool: Pool, end: End, method: str) -> None:
    with scripted([[OK, end]], [[OK]]) as served:
        ask(pool, served.port)
        gevent.sleep(IDLE)
        assert ask(pool, served.port, method).body == b"ok"
    assert numbers(served) == [0, 1]


@pytest.mark.parametrize("end", End)
@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "PUT", "DELETE"])
def test_a_safe_request_is_sent_once_more_when_a_kept_connection_dies_unanswered(
    pool: Pool, end: End, method: str
) -> None:
    fresh = OK[:-2] if method == "HEAD" else OK
    with scripted([[OK], [end]], [[fresh]]) as served:
        ask(pool, served.port)
        assert ask(pool, served.port, method).status == 200
    assert numbers(served) == [0, 0, 1]


@pytest.mark.parametrize("end", End)
@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_a_request_that_may_have_had_its_effect_is_not_sent_again(pool: Pool, end: End, method: str) -> None:
    with scripted([[OK], [end]], [[OK]]) as served:
        ask(pool, served.port)
        with pytest.raises(ConnectionError):
            ask(pool, served.port, method, b"pay")
    assert numbers(served) == [0, 0]


def test_it_is_sent_once_more_and_no_oftener(pool: Pool) -> None:
    with scripted([[OK], [End.CLOSE]], [[End.CLOSE]]) as served:
        ask(pool, served.port)
        with pytest.raises(NoAnswer):
            ask(pool, served.port)
    assert numbers(served) == [0, 0, 1]


@pytest.mark.parametrize("end", End)
def test_a_new_connection_that_dies_is_an_error(pool: Pool, end: End) -> None:
    with scripted([[end]]) as served, pytest.raises(ConnectionError):
        ask(pool, served.port)
    assert len(served.requests) == 1


@pytest.mark.parametrize("end", End)
@pytest.mark.parametrize(
    "part", [b"H", OK[:20], OK[:-1], b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab"]
)
def test_an_answer_that_breaks_off_is_an_error_and_not_asked_for_again(pool: Pool, end: End, part: bytes) -> None:
    with scripted([[OK], [part, 0.02, end]], [[OK]]) as served:
        ask(pool, served.port)
        with pytest.raises(ConnectionError):
            ask(pool, served.port)
        assert ask(pool, served.port).body == b"ok"
    assert numbers(served) == [0, 0, 1]


@pytest.mark.parametrize(
    "answer",
    [
        b"\x00\x01garbage\r\n\r\n", b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200_000, b"HTTP/1.1 100 C\r\n\r\n" * 10_000,
        b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 6_000_000, b"HTTP/1.1 101 S\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
    ],
    ids=["garbage", "endless header", "endless interim answers", "endless body", "another protocol"],
)  # fmt: skip
def test_what_is_no_answer_ends_the_connection(pool: Pool, answer: bytes) -> None:
    with scripted([[answer]], [[OK]]) as served:
        with pytest.raises(BadAnswer):
            ask(pool, served.port)
        assert ask(pool, served.port).body == b"ok"
    assert numbers(served) == [0, 1]


@pytest.mark.parametrize(
    "turn",
    [
        [], [b"HTTP/1.1 200 OK\r\nX: "], [b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n", Drip(0.01)],
        [b"HTTP/1.1 200 OK\r\nX: ", Drip(0.01)], [b"HTTP/1.1 200 OK\r\n\r\n", Drip(0.01)],
        [b"", Drip(0.02, b"HTTP/1.1 100 Continue\r\n\r\n")],
    ],
    ids=["silence", "half a head", "slow body", "slow head", "slow body until close", "slow interim answers"],
)  # fmt: skip
def test_the_time_out_is_for_the_whole_answer(pool: Pool, turn: list[bytes | Drip]) -> None:
    with scripted([turn], [[OK]]) as served:
        begun = clock.monotonic()
        with pytest.raises(TimeoutError):
            ask(pool, served.port, seconds=0.3)
        assert clock.monotonic() - begun >= 0.29
        assert ask(pool, served.port).body == b"ok"
    assert numbers(served) == [0, 1]


def test_a_time_out_of_one_request_does_not_reach_the_next(pool: Pool) -> None:
    with scripted([[OK], [0.3, OK]]) as served:
        ask(pool, served.port, seconds=0.1)
        assert ask(pool, served.port, seconds=5.0).body == b"ok"
    assert numbers(served) == [0, 0]


def test_a_port_where_nobody_listens(pool: Pool) -> None:
    with scripted([[OK]]) as served:
        pass
    with pytest.raises(ConnectionRefusedError):
        ask(pool, served.port)


def test_a_large_body_goes_both_ways(pool: Pool) -> None:
    body = bytes(range(256)) * 16_000
    with scripted([[b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body), body]] * 2) as served:
        assert ask(pool, served.port, "POST", body).body == body
    assert served.requests[0][1].endswith(body)


def test_an_answer_before_the_whole_request_was_read(pool: Pool) -> None:
    refusal = b"HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno"
    with scripted([[refusal, 0.05, End.CLOSE]], reads_bodies=False) as served:
        answer = ask(pool, served.port, "POST", b"x" * 20_000_000)
    assert (answer.status, answer.body) == (413, b"no")


def test_requests_beyond_the_limit_wait_and_their_wait_counts() -> None:
    pool = Pool(LIMITS._replace(concurrency=2), no_tls)
    with scripted([[0.2, OK], [0.2, OK]]) as served:
        asked = [gevent.spawn(ask, pool, served.port) for _ in range(4)]
        late = gevent.spawn(ask, pool, served.port, seconds=0.05)
        gevent.joinall([*asked, late])
        assert [greenlet.value.body for greenlet in asked] == [b"ok"] * 4
        assert isinstance(late.exception, TimeoutError)
        pool.close()
    assert sorted(numbers(served)) == [0, 0, 1, 1]


def test_what_a_request_has_waited_is_taken_from_its_time() -> None:
    pool = Pool(LIMITS._replace(concurrency=1), no_tls)
    with scripted([[0.3, OK], [0.3, OK]]) as served:
        first, second = gevent.spawn(ask, pool, served.port), gevent.spawn(ask, pool, served.port, seconds=0.45)
        gevent.joinall([first, second])
        pool.close()
    assert first.value.body == b"ok"
    assert isinstance(second.exception, TimeoutError)
    assert len(served.requests) == 2


def test_a_greenlet_that_is_killed_leaves_no_half_read_connection(pool: Pool) -> None:
    with scripted([[OK], [OK[:20], 0.2, OK[20:]]], [[OK]]) as served:
        ask(pool, served.port)
        asking = gevent.spawn(ask, pool, served.port)
        gevent.sleep(IDLE)
        asking.kill()
        assert ask(pool, served.port).body == b"ok"
    assert numbers(served) == [0, 0, 1]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1, made and signed by itself, and its key."""
    return make_certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def server_side(certificate: tuple[Path, Path]) -> ssl.SSLContext:
    """The server's context."""
    return server_side_of(certificate)


def ask_safely(pool: Pool, port: int, method: str = "GET", body: bytes | None = None, seconds: float = 5.0) -> Answer:
    """One request over TLS."""
    message = Message(method, f"https://127.0.0.1:{port}/", None, body, None)
    return pool.exchange(Heads({}).exchange(message), seconds)


@pytest.fixture
def tls_pool(certificate: tuple[Path, Path]) -> Iterator[Pool]:
    """A pool that trusts that certificate and no other."""
    made = Pool(LIMITS, lambda: ssl.create_default_context(cafile=str(certificate[0])))
    yield made
    made.close()


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_connection_over_tls_is_kept(tls_pool: Pool, server_side: ssl.SSLContext, version: ssl.TLSVersion) -> None:
    server_side.maximum_version = version
    large = bytes(range(256)) * 8_000
    with scripted([[OK[:10], 0.02, OK[10:]], [OK], [OK]], tls=server_side) as served:
        assert ask_safely(tls_pool, served.port, "POST", large).body == b"ok"
        gevent.sleep(IDLE)  # session tickets come in meanwhile, and are no unasked answer
        assert [ask_safely(tls_pool, served.port, "POST").body for _ in range(2)] == [b"ok", b"ok"]
    assert numbers(served) == [0, 0, 0]
    assert served.requests[0][1].endswith(large)


def test_tls_until_the_server_closes(tls_pool: Pool, server_side: ssl.SSLContext) -> None:
    body = b"x" * 300_000
    with scripted([[b"HTTP/1.1 200 OK\r\n\r\n", body, End.CLOSE]], tls=server_side) as served:
        assert ask_safely(tls_pool, served.port).body == body


def test_a_tls_connection_that_was_closed_while_idle_is_not_used(tls_pool: Pool, server_side: ssl.SSLContext) -> None:
    with scripted([[OK, End.CLOSE]], [[OK]], tls=server_side) as served:
        ask_safely(tls_pool, served.port)
        gevent.sleep(IDLE)
        assert ask_safely(tls_pool, served.port, "POST").body == b"ok"
    assert numbers(served) == [0, 1]


def test_a_certificate_of_nobody_we_know(server_side: ssl.SSLContext) -> None:
    with scripted([[OK]], tls=server_side) as served, pytest.raises(ssl.SSLCertVerificationError):
        ask_safely(Pool(LIMITS, ssl.create_default_context), served.port)


def test_tls_to_a_plain_server(tls_pool: Pool) -> None:
    with scripted([[OK]]) as served, pytest.raises((ssl.SSLError, TimeoutError)):
        ask_safely(tls_pool, served.port, seconds=0.3)


def test_the_time_out_holds_over_tls(tls_pool: Pool, server_side: ssl.SSLContext) -> None:
    slow: list[list[bytes | Drip]] = [[b"HTTP/1.1 200 OK\r\n\r\n", Drip(0.01)]]
    with scripted(slow, tls=server_side) as served, pytest.raises(TimeoutError):
        ask_safely(tls_pool, served.port, seconds=0.3)
