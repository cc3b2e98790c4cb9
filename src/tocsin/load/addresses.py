"""Where a master waits for workers from other machines, and how they know each other: both from the environment."""

import os

from tocsin.errors import BadInput

TOKEN = "TOCSIN_LOAD_TOKEN"  # noqa: S105 - the name of a variable
"""What a worker from another machine shows the master."""
ADDRESS = "TOCSIN_LOAD_ADDRESS"
"""HOST:PORT at which a master waits for workers from other machines, and at which they look for it."""


def address(text: str) -> tuple[str, int]:
    """Host and port.

    Raises:
        BadInput: the text is not HOST:PORT.
    """
    host, _, port = text.rpartition(":")
    if not host or not port.isdigit():
        raise BadInput(f"{text!r} is no address of a load master: HOST:PORT, from --master or {ADDRESS}")
    return host, int(port)


def token() -> str:
    """The token that master and workers share.

    Raises:
        BadInput: there is none.
    """
    found = os.environ.get(TOKEN, "")
    if not found:
        raise BadInput(f"{TOKEN} is not set: a master and its workers know each other by it")
    return found
