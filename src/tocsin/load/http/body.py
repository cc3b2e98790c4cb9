"""Bodies of requests: forms, JSON, text and bytes."""

import json as encoder
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

FORM = "application/x-www-form-urlencoded"
JSON = "application/json"


def encode_body(data: Any, json: Any) -> tuple[bytes | None, str | None]:
    """The body as bytes and the media type it implies, either may be None; ``json`` counts where ``data`` is empty.

    Raises:
        TypeError: ``data`` is neither text, bytes, a mapping nor pairs.
    """
    if not data:
        return (None, None) if json is None else (encoder.dumps(json).encode(), JSON)
    if isinstance(data, str):
        return data.encode(), None
    if isinstance(data, bytes | bytearray | memoryview):
        return bytes(data), None
    if isinstance(data, Mapping | list | tuple):
        return urlencode(data, doseq=True).encode("ascii"), FORM
    raise TypeError(f"a body of type {type(data).__name__} is not supported; text, bytes, a mapping or pairs are")
