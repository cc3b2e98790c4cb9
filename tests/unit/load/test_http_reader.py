"""Raw HTTP/1.1 answers, whole and broken, in any pieces."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise, repeat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.load.http.errors import BadAnswer, NoAnswer
from tocsin.load.http.reader import MAX_HEAD, Reader

MAX_BODY = 2000


@dataclass(frozen=True)
class Whole:
    """Bytes that hold an answer, and what they say; ``ends`` when the server closes after them."""

    raw: bytes
    body: bytes = b""
    status: int = 200
    reusable: bool = True
    head: bool = False
    ends: bool = False


def answer(*fields: bytes, body: bytes = b"", first: bytes = b"HTTP/1.1 200 OK") -> bytes:
    """An answer as bytes."""
    return b"\r\n".join([first, *fields, b"", body])


CHUNKED = b"Transfer-Encoding: chunked"
WHOLE = {
    "length": Whole(answer(b"Content-Length: 5", body=b"hello"), b"hello"),
    "no body": Whole(answer(b"Content-Length: 0")),
    "folded case": Whole(answer(b"cOnTeNt-LeNgTh:5", body=b"hello"), b"hello"),
    "empty reason": Whole(answer(b"Content-Length: 0", first=b"HTTP/1.1 200 ")),
    "chunked": Whole(answer(CHUNKED, body=b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"), b"abcde"),
    "chunk extensions": Whole(answer(CHUNKED, body=b'3;a=b;c="d"\r\nabc\r\n0;last\r\n\r\n'), b"abc"),
    "trailers": Whole(answer(CHUNKED, body=b"3\r\nabc\r\n0\r\nX-Sum: 1\r\nSet-Cookie: a=b\r\n\r\n"), b"abc"),
    "binary body": Whole(answer(b"Content-Length: 6", body=b"\r\n\r\n\x00\xff"), b"\r\n\r\n\x00\xff"),
    "close": Whole(answer(b"Content-Length: 2", b"Connection: close", body=b"ab"), b"ab", reusable=False),
    "close, chunked": Whole(answer(CHUNKED, b"Connection: close", body=b"1\r\na\r\n0\r\n\r\n"), b"a", reusable=False),
    "until close": Whole(answer(b"X: y", body=b"to the end"), b"to the end", reusable=False, ends=True),
    "until close, empty": Whole(answer(b"X: y"), reusable=False, ends=True),
    "HTTP/1.0": Whole(answer(body=b"old", first=b"HTTP/1.0 200 OK"), b"old", reusable=False, ends=True),
    "HTTP/1.0 with a length": Whole(
        answer(b"Content-Length: 3", body=b"old", first=b"HTTP/1.0 200 OK"), b"old", reusable=False
    ),
    "HTTP/1.0 kept alive": Whole(
        answer(b"Content-Length: 3", b"Connection: keep-alive", body=b"old", first=b"HTTP/1.0 200 OK"), b"old"
    ),
    "204": Whole(answer(b"X: y", first=b"HTTP/1.1 204 No Content"), status=204),
    "304 with a length": Whole(answer(b"Content-Length: 99", first=b"HTTP/1.1 304 Not Modified"), status=304),
    "HEAD with a length": Whole(answer(b"Content-Length: 99"), head=True),
    "HEAD, chunked": Whole(answer(CHUNKED), head=True),
    "HEAD without a length": Whole(answer(b"X: y"), head=True),
    "HEAD and close": Whole(answer(b"Content-Length: 99", b"Connection: close"), head=True, reusable=False),
    "HEAD, HTTP/1.0": Whole(answer(first=b"HTTP/1.0 200 OK"), head=True, reusable=False),
    "100 before": Whole(b"HTTP/1.1 100 Continue\r\n\r\n" + answer(b"Content-Length: 1", body=b"a"), b"a"),
    "103 with fields before": Whole(
        b"HTTP/1.1 103 Hints\r\nLink: </a>\r\nContent-Length: 7\r\n\r\n" + answer(b"Content-Length: 1", body=b"a"), b"a"
    ),
    "100 before HEAD": Whole(b"HTTP/1.1 100 Continue\r\n\r\n" + answer(b"Content-Length: 9"), head=True),
    "100 before 204": Whole(
        b"HTTP/1.1 100 Continue\r\n\r\n" + answer(first=b"HTTP/1.1 204 No Content"), status=204
    ),
    "500": Whole(answer(b"Content-Length: 1", body=b"x", first=b"HTTP/1.1 500 Oh No"), b"x", status=500),
    "largest body": Whole(answer(b"Content-Length: 2000", body=b"x" * MAX_BODY), b"x" * MAX_BODY),
}  # fmt: skip


def read(pieces: list[bytes], *, head: bool = False, ends: bool = False) -> Reader:
    """A reader that was fed these pieces and asks for no more.

    Fails when it wants more than there is, or is complete before everything was read.
    """
    reader = Reader(MAX_BODY)
    reader.expect(bodiless=head)
    pieces = [piece for piece in pieces if piece] + ([b""] if ends else [])
    complete = [reader.feed(piece) for piece in pieces]
    assert complete == [False] * (len(pieces) - 1) + [True]
    return reader


def feed_all(reader: Reader, pieces: Iterable[bytes]) -> None:
    """Feed pieces that complete no answer."""
    for piece in pieces:
        assert not reader.feed(piece)


def check(reader: Reader, whole: Whole) -> None:
    """The reader has read what the bytes say."""
    taken = reader.take()
    assert (taken.status, taken.body, reader.reusable) == (whole.status, whole.body, whole.reusable)


@pytest.mark.parametrize("whole", WHOLE.values(), ids=WHOLE.keys())
def test_a_whole_answer(whole: Whole) -> None:
    check(read([whole.raw], head=whole.head, ends=whole.ends), whole)


@pytest.mark.parametrize("whole", WHOLE.values(), ids=WHOLE.keys())
def test_byte_by_byte(whole: Whole) -> None:
    check(read([whole.raw[n : n + 1] for n in range(len(whole.raw))], head=whole.head, ends=whole.ends), whole)


@given(whole=st.sampled_from(list(WHOLE.values())), cuts=st.lists(st.integers(0, 400), max_size=8))
def test_any_split_gives_the_same_answer(whole: Whole, cuts: list[int]) -> None:
    edges = [0, *sorted(min(cut, len(whole.raw)) for cut in cuts), len(whole.raw)]
    pieces = [whole.raw[a:b] for a, b in pairwise(edges)]
    reader, other = (read(way, head=whole.head, ends=whole.ends) for way in (pieces, [whole.raw]))
    assert reader.take() == other.take()
    assert reader.reusable == other.reusable


@given(st.lists(st.sampled_from([whole for whole in WHOLE.values() if whole.reusable]), min_size=2, max_size=6))
def test_answers_of_one_connection_do_not_touch_each_other(answers: list[Whole]) -> None:
    reader = Reader(MAX_BODY)
    for whole in answers:
        reader.expect(bodiless=whole.head)
        assert reader.feed(whole.raw)
        check(reader, whole)


@given(body=st.binary(max_size=300), head_first=st.booleans())
def test_a_chunked_body_of_any_bytes(body: bytes, *, head_first: bool) -> None:
    coded = b"".join(b"%x\r\n%b\r\n" % (len(body[n : n + 7]), body[n : n + 7]) for n in range(0, len(body), 7))
    raw = answer(CHUNKED, body=coded + b"0\r\n\r\n")
    split = raw.index(b"\r\n\r\n") + 4 if head_first else 3
    assert read([raw[:split], raw[split:]]).take().body == body


@pytest.mark.parametrize(
    "surplus", [b"x", b"HTTP", answer(b"Content-Length: 0"), b"\x00\x00", b"HTTP/1.1 101 Switching Protocols\r\n\r\n"]
)
@pytest.mark.parametrize("name", ["length", "chunked", "204", "HEAD with a length", "close"])
def test_leftover_bytes_do_not_change_the_answer_but_end_the_connection(name: str, surplus: bytes) -> None:
    whole = WHOLE[name]
    reader = read([whole.raw + surplus], head=whole.head)
    assert (reader.take().status, reader.take().body) == (whole.status, whole.body)
    assert not reader.reusable


BROKEN = {
    "garbage": (b"\x16\x03\x01\x02\x00\x01\x00\x01", "not HTTP/1.1"),
    "another protocol": (b"SSH-2.0-OpenSSH_9.6\r\n", "not HTTP/1.1"),
    "HTTP/2": (b"HTTP/2 200 OK\r\n\r\n", "not HTTP/1.1"),
    "status without digits": (b"HTTP/1.1 abc OK\r\n\r\n", "not HTTP/1.1"),
    "space in a name": (answer(b"Content Length: 3", body=b"abc"), "not HTTP/1.1"),
    "negative length": (answer(b"Content-Length: -3", body=b"abc"), "not HTTP/1.1"),
    "two lengths": (answer(b"Content-Length: 3", b"Content-Length: 4", body=b"abcd"), "not HTTP/1.1"),
    "length and chunked": (answer(b"Content-Length: 3", CHUNKED, body=b"3\r\nabc\r\n0\r\n\r\n"), "not HTTP/1.1"),
    "chunk size": (answer(CHUNKED, body=b"zz\r\nabc\r\n"), "not HTTP/1.1"),
    "chunk too long": (answer(CHUNKED, body=b"2\r\nabc\r\n0\r\n\r\n"), "not HTTP/1.1"),
    "chunk size overflow": (answer(CHUNKED, body=b"f" * 17 + b"\r\nabc"), "not HTTP/1.1"),
    "NUL in a value": (answer(b"X: a\x00b", b"Content-Length: 0"), "not HTTP/1.1"),
    "upgrade": (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n", "another protocol"),
    "body too long": (answer(b"Content-Length: 2001", body=b"x" * 2001), "longer than 2000 bytes"),
    "chunked body too long": (answer(CHUNKED, body=b"7d1\r\n" + b"x" * 2001), "longer than 2000 bytes"),
    "body until close too long": (answer(body=b"x" * 2001), "longer than 2000 bytes"),
}


@pytest.mark.parametrize(("raw", "why"), BROKEN.values(), ids=BROKEN.keys())
def test_what_is_no_answer(raw: bytes, why: str) -> None:
    for pieces in ([raw], [raw[n : n + 1] for n in range(len(raw))]):
        reader = Reader(MAX_BODY)
        with pytest.raises(BadAnswer, match=why):
            feed_all(reader, pieces)
        assert not reader.reusable


ENDLESS = {
    "one header": (b"HTTP/1.1 200 OK\r\nX: ", b"x" * 1000),
    "headers": (b"HTTP/1.1 200 OK\r\n", b"X: y\r\n" * 100),
    "header name": (b"HTTP/1.1 200 OK\r\n", b"x" * 1000),
    "reason": (b"HTTP/1.1 200 ", b"O" * 1000),
    "interim answers": (b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 10),
    "chunk extension": (answer(CHUNKED, body=b"1;a="), b"x" * 1000),
    "trailers": (answer(CHUNKED, body=b"0\r\n"), b"X: y\r\n" * 100),
}


@pytest.mark.parametrize(("start", "more"), ENDLESS.values(), ids=ENDLESS.keys())
def test_what_never_ends_is_given_up(start: bytes, more: bytes) -> None:
    reader = Reader(MAX_BODY)
    if start:
        assert not reader.feed(start)
    with pytest.raises(BadAnswer):
        feed_all(reader, repeat(more, 3 * MAX_HEAD // len(more)))


CUT = [
    b"H", b"HTTP/1.1 200 OK\r\n", answer(b"Content-Length: 3"), answer(b"Content-Length: 3", body=b"ab"),
    answer(CHUNKED, body=b"3\r\nab"), answer(CHUNKED, body=b"3\r\nabc\r\n"), answer(CHUNKED, body=b"0\r\nX: y\r\n"),
    b"HTTP/1.1 100 Continue\r\n\r\n",
]  # fmt: skip


@pytest.mark.parametrize("raw", CUT)
def test_an_answer_that_is_cut_off(raw: bytes) -> None:
    reader = Reader(MAX_BODY)
    assert not reader.feed(raw)
    with pytest.raises(BadAnswer, match="in the middle") as caught:
        reader.feed(b"")
    assert not isinstance(caught.value, NoAnswer)


def test_no_byte_at_all_is_told_apart() -> None:
    reader = Reader(MAX_BODY)
    with pytest.raises(NoAnswer):
        reader.feed(b"")
    assert not reader.begun


@given(st.binary(max_size=200))
def test_no_bytes_raise_anything_but_a_bad_answer(raw: bytes) -> None:
    reader = Reader(MAX_BODY)
    try:
        if not reader.feed(b"HTTP/1.1 200 OK\r\n" + raw):
            reader.feed(b"")
    except BadAnswer:
        return
    assert reader.take().status == 200


def test_trailers_are_no_headers() -> None:
    assert read([WHOLE["trailers"].raw]).take().fields == [(b"Transfer-Encoding", b"chunked")]
