"""What a request may be given, and what is refused."""

from collections.abc import Mapping
from typing import Any, TypedDict


class Common(TypedDict, total=False):
    """Keyword arguments of every call; ``timeout`` is seconds for the whole request, redirects included."""

    params: Any
    headers: Mapping[str, str | None] | None
    auth: tuple[str, str] | None
    timeout: float | None
    context: Mapping[str, Any] | None
    allow_redirects: bool


class Body(TypedDict, total=False):
    """Either of two kinds of body; ``data`` counts when both are given."""

    data: Any
    json: Any


class Options(Common, Body, total=False):
    """Keyword arguments of ``request``."""


class PostOptions(Common, total=False):
    """Keyword arguments of ``post`` and its like."""

    name: str | None
    catch_response: bool


class GetOptions(PostOptions, Body, total=False):
    """Keyword arguments of ``get`` and its like."""


_KNOWN = frozenset(Options.__annotations__)
_ASKS_FOR_NOTHING: dict[str, tuple[object, ...]] = {
    "stream": (False, None), "files": (None,), "proxies": (None,), "cookies": (None,), "hooks": (None,),
    "verify": (None,), "cert": (None,),
}  # fmt: skip
_INSTEAD = {
    "cookies": "set them on self.client.cookies",
    "verify": "set `insecure` or `ssl_context_factory` on the user class",
    "cert": "set `ssl_context_factory` on the user class",
}


def check_options(options: Mapping[str, Any]) -> None:
    """Refuse what the lean client cannot do; what asks for nothing passes.

    Raises:
        TypeError: naming the option, and what to do instead.
    """
    if not options.keys() <= _KNOWN:
        for name in options.keys() - _KNOWN:
            if options[name] not in _ASKS_FOR_NOTHING.get(name, ()):
                instead = _INSTEAD.get(name, "use HttpUser or FastHttpUser for that")
                raise TypeError(f"LeanHttpUser does not support {name}={options[name]!r}: {instead}")
    timeout = options.get("timeout")
    if timeout is not None and not (isinstance(timeout, int | float) and timeout > 0):
        raise TypeError(f"timeout={timeout!r} is not a number of seconds above 0 for the whole request")
