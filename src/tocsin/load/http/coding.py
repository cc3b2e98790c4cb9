"""Content codings of answers: gzip and deflate, never more than asked for."""

import zlib

from tocsin.load.http.errors import BadAnswer

ACCEPTED = "gzip, deflate"
_GZIP, _ZLIB, _RAW = 16 + zlib.MAX_WBITS, zlib.MAX_WBITS, -zlib.MAX_WBITS


def decode(body: bytes, coding: str, max_body: int) -> bytes:
    """The body without its codings (the value of ``Content-Encoding``); one that is not known leaves it as it is.

    Raises:
        BadAnswer: it is not what it claims to be, was cut off, or unfolds to more than ``max_body`` bytes.
    """
    for name in reversed([part.strip().lower() for part in coding.split(",")]):
        if name in {"gzip", "x-gzip"}:
            body = _inflate(body, _GZIP, max_body)
        elif name == "deflate":
            body = _inflate(body, _ZLIB if _has_zlib_header(body) else _RAW, max_body)
        elif name not in {"", "identity"}:
            return body
    return body


def _inflate(body: bytes, window: int, max_body: int) -> bytes:
    parts: list[bytes] = []
    left = max_body
    while body:  # gzip allows several members, one after the other
        stream = zlib.decompressobj(window)
        try:
            parts.append(stream.decompress(body, left + 1))
        except zlib.error as error:
            raise BadAnswer(f"the answer's content coding is broken: {error}") from error
        left -= len(parts[-1])
        if left < 0:
            raise BadAnswer(f"the answer's body unfolds to more than {max_body} bytes")
        if not stream.eof:
            raise BadAnswer("the answer's content coding was cut off")
        body = stream.unused_data
    return b"".join(parts)


def _has_zlib_header(body: bytes) -> bool:
    """RFC 1950 is what the name means; some servers send the bare stream of RFC 1951."""
    return len(body) > 1 and body[0] & 0x0F == 8 and (body[0] << 8 | body[1]) % 31 == 0
