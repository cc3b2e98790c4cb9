"""Where the control socket is, and how it is reached however long its folder's path is.

The address of a Unix socket holds 107 bytes. A folder whose path is longer is opened, and the socket named through the
descriptor.
"""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tocsin.errors import BadInput

SOCKET = "control.sock"
"""Its name in the run's folder."""
_BACKLOG = 16


@contextmanager
def _short_address(folder: Path) -> Iterator[str]:
    """An address of the socket in ``folder`` that is short enough, valid inside the block."""
    descriptor = os.open(folder, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{descriptor}/{SOCKET}"
    finally:
        os.close(descriptor)


def listen_in(folder: Path) -> socket.socket:
    """A listening socket in ``folder`` that only its owner can open (mode 0600), from the first moment on.

    Raises:
        OSError: when it cannot be made.
    """
    found = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        os.fchmod(found.fileno(), 0o600)  # Linux makes the file with the mode that the socket has
        with _short_address(folder) as address:
            found.bind(address)
            Path(address).chmod(0o600)
        found.listen(_BACKLOG)
        found.setblocking(False)
    except OSError:
        found.close()
        raise
    return found


def connect_to(folder: Path, timeout: float) -> socket.socket:
    """A connection to the drill that runs in ``folder``; every wait on it ends after ``timeout`` seconds.

    Raises:
        BadInput: when no drill runs there (any more), or it cannot be reached.
    """
    found = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    found.settimeout(timeout)
    try:
        with _short_address(folder) as address:
            found.connect(address)
    except OSError as error:
        found.close()
        gone = isinstance(error, FileNotFoundError | ConnectionRefusedError | NotADirectoryError)
        why = "it is over, or has not begun" if gone else str(error)
        raise BadInput(
            f"the run {folder.name} cannot be reached: {why}",
            hint="`tocsin status` shows what runs; a run that is over can be replayed.",
        ) from error
    return found


def remove_from(folder: Path) -> None:
    """Remove the socket, if it is there and can be removed."""
    try:
        (folder / SOCKET).unlink(missing_ok=True)
    except OSError:
        return
