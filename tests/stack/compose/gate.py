"""A way to the Docker engine that can be shut: an engine that is away or frozen, without stopping one."""

import contextlib
import socket
import threading
from pathlib import Path
from typing import Literal, Self


class Gate:
    """A Unix socket that leads to the engine's own; every connection is carried by two threads.

    ``open`` passes everything on, ``shut`` refuses, ``silent`` takes connections and passes nothing on.
    """

    def __init__(self, path: Path, engine: str) -> None:
        self.path = path
        self.host = f"unix://{path}"
        self._engine = engine
        self._mode: Literal["open", "shut", "silent"] = "open"
        self._listener: socket.socket | None = None
        self._held: list[socket.socket] = []

    def __enter__(self) -> Self:
        self._listen()
        return self

    def __exit__(self, *_: object) -> None:
        self.shut()

    def shut(self) -> None:
        """Refuse connections and end those that there are."""
        self._mode = "shut"
        if self._listener is not None:
            with contextlib.suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
        self.path.unlink(missing_ok=True)
        for one in self._held:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        self._held.clear()

    def silence(self) -> None:
        """Take connections, and let nothing through."""
        self._mode = "silent"

    def open(self) -> None:
        """Let everything through again."""
        was, self._mode = self._mode, "open"
        if was == "shut":
            self._listen()

    def _listen(self) -> None:
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(self.path))
        listener.listen(64)
        self._listener = listener
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            self._held.append(client)
            if self._mode == "silent":
                continue
            engine = socket.socket(socket.AF_UNIX)
            engine.connect(self._engine)
            self._held.append(engine)
            for source, sink in ((client, engine), (engine, client)):
                threading.Thread(target=self._carry, args=(source, sink), daemon=True).start()

    def _carry(self, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                if self._mode == "silent":
                    return
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
