"""The head of a request as bytes: the request line and the fields, checked, so that no value can smuggle in another."""

import re
from collections.abc import Mapping

from tocsin.load.http.target import Target

_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
_OURS = ("content-length", "transfer-encoding")

Fields = Mapping[str, str | None]


def build_head(method: str, target: Target, *layers: Fields) -> bytes:
    """Everything up to the fields that depend on the body, without the empty line at the end.

    Later layers win over earlier ones, whatever the case of their names; None leaves a field out.

    Raises:
        ValueError: a method, name or value that HTTP does not allow, or a field that is only the client's to set.
    """
    if not _TOKEN.fullmatch(method):
        raise ValueError(f"not an HTTP method: {method!r}")
    fields = {"host": ("Host", target.authority)}
    for layer in layers:
        for name, value in layer.items():
            if value is None:
                fields.pop(name.lower(), None)
            else:
                fields[name.lower()] = _checked(name, value)
    lines = [f"{method} {target.path} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.values()), ""]
    return "\r\n".join(lines).encode("latin-1")


def _checked(name: str, value: str) -> tuple[str, str]:
    if not _TOKEN.fullmatch(name):
        raise ValueError(f"not a header name: {name!r}")
    if not isinstance(value, str) or not _VALUE.fullmatch(value):
        raise ValueError(f"not a value for the header {name}: {value!r}")
    if name.lower() in _OURS:
        raise ValueError(f"the header {name} is the client's own to set")
    return name, value
