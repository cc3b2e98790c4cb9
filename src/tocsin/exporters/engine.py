"""Questions to a Docker engine over its socket, with the standard library alone: an exporter only ever reads."""

import http.client
import json
import socket
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

_API = "/v1.41"
_TIMEOUT = 2.0


class EngineError(Exception):
    """The engine did not answer, or not as it should."""


class _Connection(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("engine", timeout=_TIMEOUT)
        self._path = path

    def connect(self) -> None:
        """Over the socket in place of the network."""
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(_TIMEOUT)
        self.sock.connect(str(self._path))


def ask(engine: Path, path: str, **query: Any) -> Any:
    """The engine's answer to a GET, as JSON; values of ``query`` that are no text are sent as JSON.

    Raises:
        EngineError: when there is none.
    """
    words = {name: value if isinstance(value, str) else json.dumps(value) for name, value in query.items()}
    url = f"{_API}{path}" + (f"?{urlencode(words)}" if words else "")
    connection = _Connection(engine)
    try:
        connection.request("GET", url)
        answer = connection.getresponse()
        content = answer.read()
        if answer.status != http.client.OK:
            raise EngineError(f"{path}: {answer.status} {content[:200]!r}")
        return json.loads(content)
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise EngineError(f"{path}: {type(error).__name__}: {error}") from error
    finally:
        connection.close()
