"""One client of the control socket: bytes in, lines out of them, answers back; bounded in everything."""

import socket
import threading

from tocsin.control.wire import LONGEST_LINE, encode_answer
from tocsin.model.command import Answer
from tocsin.model.person import ByPerson

MOST_UNSENT = 256 * 1024
"""Bytes of answers that a client may leave unread before it is let go."""
MOST_OPEN = 16
"""Commands of one client that may wait for their answers."""


class Connection:
    """A client. Read by the server's thread alone; answered from any."""

    def __init__(self, channel: socket.socket) -> None:
        self.channel = channel
        self.person: ByPerson | None = None  # who has attached here
        self._open = 0  # commands that wait for their answers
        self._incoming = b""
        self._outgoing = b""
        self._lock = threading.Lock()
        self.lost = False

    def read(self) -> list[bytes]:
        """Whole lines that have arrived; sets ``lost`` when the client is gone or sends lines without end."""
        try:
            chunk = self.channel.recv(65536)
        except BlockingIOError:
            return []
        except OSError:
            chunk = b""
        if not chunk:
            self.lost = True
            return []
        *lines, self._incoming = (self._incoming + chunk).split(b"\n")
        if len(self._incoming) > LONGEST_LINE:
            self._incoming = b""
            self.answer(Answer(ok=False, error=f"a line is longer than {LONGEST_LINE} bytes"))
            self.write()
            self.lost = True
        return [line for line in lines if line.strip()]

    def begin(self) -> bool:
        """Count one more command that waits for its answer; False when there are too many already."""
        with self._lock:
            if self._open >= MOST_OPEN:
                return False
            self._open += 1
            return True

    def end(self) -> None:
        """One command has been answered."""
        with self._lock:
            self._open -= 1

    def answer(self, answer: Answer) -> None:
        """Put an answer among what is to be sent; a client that reads nothing is let go."""
        with self._lock:
            self._outgoing += encode_answer(answer)
            if len(self._outgoing) > MOST_UNSENT:
                self._outgoing = b""
                self.lost = True

    @property
    def has_unsent(self) -> bool:
        """True while there is something to send."""
        with self._lock:
            return bool(self._outgoing)

    def write(self) -> None:
        """Send what the client takes now."""
        with self._lock:
            try:
                sent = self.channel.send(self._outgoing) if self._outgoing else 0
            except BlockingIOError:
                return
            except OSError:
                self.lost = True
                return
            self._outgoing = self._outgoing[sent:]
