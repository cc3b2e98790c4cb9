"""Clients of a running drill: one that waits for each answer, one for asyncio."""

import asyncio
import contextlib
import itertools
import socket
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tocsin.control.socket import connect_to
from tocsin.control.wire import LONGEST_LINE, decode_answer, encode
from tocsin.errors import BadInput, Refused
from tocsin.model.command import Answer, CommandName
from tocsin.model.person import Role

PATIENCE = 20.0
"""Seconds that an answer may take; planning a remedy on a sick system takes a while."""
_GONE = "the drill has closed the connection: it is over"


def _request(number: int, who: str, role: Role, command: CommandName, arguments: dict[str, Any] | None) -> bytes:
    return encode({"id": number, "who": who, "role": role, "command": command, "arguments": arguments or {}})


def _result(answer: Answer) -> dict[str, Any]:
    if not answer.ok:
        raise Refused(answer.error, hint=answer.hint)
    return answer.result


class ControlClient:
    """One person's connection; ``folder`` is the run's. Every call waits for its answer."""

    def __init__(self, folder: Path, who: str, role: Role = "responder", *, timeout: float = PATIENCE) -> None:
        """Connect.

        Raises:
            BadInput: when no drill runs there.
        """
        self.who, self.role = who, role
        self._socket: socket.socket = connect_to(folder, timeout)
        self._numbers = itertools.count(1)
        self._buffer = b""

    def send(self, command: CommandName, arguments: dict[str, Any] | None = None) -> dict[str, Any]:
        """Send a command and return the result of its answer.

        Raises:
            Refused: when the drill refuses it, with why and what to do.
            BadInput: when the drill is over, or does not answer.
        """
        number = next(self._numbers)
        try:
            self._socket.sendall(_request(number, self.who, self.role, command, arguments))
            while True:
                answer = decode_answer(self._line())
                if answer.id in (number, 0):
                    return _result(answer)
        except TimeoutError as error:
            raise BadInput("the drill does not answer", hint="`tocsin status` shows what runs.") from error
        except OSError as error:
            raise BadInput(_GONE) from error

    def close(self) -> None:
        """Let go of the connection; whoever was attached counts as gone."""
        self._socket.close()

    def _line(self) -> bytes:
        while b"\n" not in self._buffer:
            chunk = self._socket.recv(65536)
            if not chunk:
                raise BadInput(_GONE)
            self._buffer += chunk
        line, self._buffer = self._buffer.split(b"\n", 1)
        return line

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class AsyncControlClient:
    """One person's connection for asyncio; calls may overlap, each gets its own answer."""

    def __init__(self, who: str, role: Role, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.who, self.role = who, role
        self._reader, self._writer = reader, writer
        self._numbers = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[Answer]] = {}
        self._listening = asyncio.create_task(self._listen())

    @classmethod
    async def connect(cls, folder: Path, who: str, role: Role = "responder") -> Self:
        """Connect to the drill that runs in ``folder``.

        Raises:
            BadInput: when no drill runs there.
        """
        found = connect_to(folder, 5.0)
        found.setblocking(False)
        reader, writer = await asyncio.open_unix_connection(sock=found, limit=16 * LONGEST_LINE)
        return cls(who, role, reader, writer)

    @property
    def is_open(self) -> bool:
        """False once the drill has closed the connection."""
        return not self._listening.done()

    async def send(self, command: CommandName, arguments: dict[str, Any] | None = None) -> dict[str, Any]:
        """Send a command and return the result of its answer.

        Raises:
            Refused: when the drill refuses it, with why and what to do.
            BadInput: when the drill is over, or has not answered within ``PATIENCE`` seconds.
        """
        if not self.is_open:
            raise BadInput(_GONE)
        number = next(self._numbers)
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting[number] = answer
        try:
            async with asyncio.timeout(PATIENCE):
                self._writer.write(_request(number, self.who, self.role, command, arguments))
                await self._writer.drain()
                return _result(await answer)
        except TimeoutError as error:
            raise BadInput("the drill does not answer", hint="`tocsin status` shows what runs.") from error
        except OSError as error:
            raise BadInput(_GONE) from error
        finally:
            self._waiting.pop(number, None)

    async def close(self) -> None:
        """Let go of the connection; whoever was attached counts as gone."""
        self._listening.cancel()
        self._writer.close()
        with contextlib.suppress(OSError, asyncio.CancelledError):
            await self._listening
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()

    async def _listen(self) -> None:
        try:
            while line := await self._reader.readline():
                answer = decode_answer(line)
                waiting = self._waiting.get(answer.id)
                if waiting is not None and not waiting.done():
                    waiting.set_result(answer)
        except (OSError, ValueError, BadInput):  # what cannot be read is the end of the conversation
            pass
        finally:
            for waiting in self._waiting.values():
                if not waiting.done():
                    waiting.set_exception(BadInput(_GONE))
