"""The control socket of a run, served by a thread of its own: whatever clients do, the director is not delayed.

The thread reads lines, refuses what is no command, and queues the rest; the director takes commands from the queue when
it has time (many times a second) and answers them. Clients, lines, queues and answers are bounded.
"""

import contextlib
import os
import queue
import selectors
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tocsin.control.socket import listen_in, remove_from
from tocsin.control.wire import decode_command, id_of
from tocsin.director.control.connection import MOST_OPEN, Connection
from tocsin.errors import BadInput
from tocsin.model.command import ALLOWED, Answer, Attach, Command, Detach
from tocsin.model.person import ByPerson

MOST_CLIENTS = 32
MOST_QUEUED = 128
_TALKATIVE = 32
"""Lines at once from one client that cost everybody a short wait: a flood must not eat the machine that drills."""
_BREATH = 0.02
_ENDS_WITHIN = 2.0
"""Seconds that the thread gets to send last answers and to end."""


@dataclass(frozen=True)
class Received:
    """A command that waits for its answer; ``answer`` may be called from any thread, once."""

    command: Command
    answer: Callable[[Answer], None]


class ControlServer:
    """Serves the socket in a run's folder until it is closed; the file is removed then."""

    def __init__(self, folder: Path) -> None:
        """Begin to serve.

        Raises:
            OSError: when the socket cannot be made.
        """
        self._folder = folder
        self._listener = listen_in(folder)
        self._queue: queue.Queue[Received] = queue.Queue(MOST_QUEUED)
        self._arrived = threading.Event()
        self._closing = threading.Event()
        self._wake_read, self._wake_write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._connections: dict[int, Connection] = {}
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._selector.register(self._wake_read, selectors.EVENT_READ)
        self._thread = threading.Thread(target=self._serve, daemon=True, name="control")
        self._thread.start()

    def take(self) -> list[Received]:
        """Commands that have arrived since the last call, oldest first."""
        self._arrived.clear()
        found = []
        with contextlib.suppress(queue.Empty):
            while True:
                found.append(self._queue.get_nowait())
        return found

    def wait(self, seconds: float) -> None:
        """Wait until a command has arrived, for so many seconds at most."""
        self._arrived.wait(seconds)

    def close(self) -> None:
        """Tell whoever still waits that the drill is over, and remove the socket; closing again does nothing."""
        if self._closing.is_set():
            return
        remove_from(self._folder)
        for received in self.take():
            received.answer(Answer(id=received.command.id, ok=False, error="the drill is over"))
        self._closing.set()
        self._wake()
        self._thread.join(_ENDS_WITHIN)

    # everything below runs in the server's thread, but for _wake

    def _wake(self) -> None:
        with contextlib.suppress(OSError):
            os.write(self._wake_write, b"x")

    def _serve(self) -> None:
        try:
            while not self._closing.is_set():
                self._turn()
            for connection in list(self._connections.values()):
                connection.write()
        finally:
            self._end()

    def _end(self) -> None:
        for connection in self._connections.values():
            connection.channel.close()
        self._selector.close()
        self._listener.close()
        os.close(self._wake_read)
        descriptor, self._wake_write = self._wake_write, -1
        os.close(descriptor)

    def _turn(self) -> None:
        """One look at everybody."""
        for key, events in self._selector.select():
            if key.fileobj is self._listener:
                self._admit()
            elif key.fd == self._wake_read:
                with contextlib.suppress(BlockingIOError):
                    os.read(self._wake_read, 4096)
            elif key.fd in self._connections and events & selectors.EVENT_READ:
                self._listen(self._connections[key.fd])
        for descriptor, connection in list(self._connections.items()):
            connection.write()
            if connection.lost:
                self._let_go(descriptor, connection)
            else:
                self._watch(descriptor, connection)

    def _watch(self, descriptor: int, connection: Connection) -> None:
        events = selectors.EVENT_READ | (selectors.EVENT_WRITE if connection.has_unsent else 0)
        if self._selector.get_key(descriptor).events != events:
            self._selector.modify(descriptor, events)

    def _admit(self) -> None:
        try:
            channel, _ = self._listener.accept()
        except OSError:  # gone again already, or no descriptor left for them
            self._closing.wait(_BREATH)
            return
        channel.setblocking(False)
        connection = Connection(channel)
        if len(self._connections) >= MOST_CLIENTS:
            connection.answer(Answer(ok=False, error=f"{MOST_CLIENTS} clients are connected already"))
            connection.write()
            channel.close()
            return
        self._connections[channel.fileno()] = connection
        self._selector.register(channel, selectors.EVENT_READ)

    def _let_go(self, descriptor: int, connection: Connection) -> None:
        self._selector.unregister(descriptor)
        del self._connections[descriptor]
        with contextlib.suppress(OSError):
            connection.channel.shutdown(socket.SHUT_RDWR)
        connection.channel.close()
        self._say_goodbye(connection)

    def _say_goodbye(self, connection: Connection) -> None:
        """For a console that was killed: whoever was attached there has left."""
        person, connection.person = connection.person, None
        if person is not None:
            self._put(Received(Detach(who=person.who, role=person.role), lambda _: None))

    def _listen(self, connection: Connection) -> None:
        lines = connection.read()
        if len(lines) > _TALKATIVE:
            self._closing.wait(_BREATH)
        for line in lines:
            try:
                command = decode_command(line)
                _check(command, connection)
            except BadInput as error:
                connection.answer(Answer(id=id_of(line), ok=False, error=error.message, hint=error.hint))
                continue
            self._pass_on(command, connection)

    def _pass_on(self, command: Command, connection: Connection) -> None:
        if not connection.begin():
            connection.answer(Answer(id=command.id, ok=False, error=f"{MOST_OPEN} of your commands wait already"))
            return

        def answer(found: Answer) -> None:
            connection.end()
            if found.ok and isinstance(command, Attach | Detach):
                attached = isinstance(command, Attach)
                connection.person = ByPerson(who=command.who, role=command.role) if attached else None
                if connection.lost:
                    self._say_goodbye(connection)
            connection.answer(found)
            self._wake()

        if not self._put(Received(command, answer)):
            answer(Answer(id=command.id, ok=False, error="the drill has too much to do", hint="Try again."))

    def _put(self, received: Received) -> bool:
        try:
            self._queue.put_nowait(received)
        except queue.Full:
            return False
        self._arrived.set()
        return True


def _check(command: Command, connection: Connection) -> None:
    """Who may send what; a connection speaks for one person."""
    person = connection.person
    if person is not None and (command.who, command.role) != (person.who, person.role):
        raise BadInput(f"this connection is attached as {person.who}, {person.role}")
    if command.role not in ALLOWED[command.command]:
        roles = ", ".join(sorted(ALLOWED[command.command]))
        raise BadInput(f"{command.command} is not for the role {command.role}", hint=f"It is for: {roles}.")
