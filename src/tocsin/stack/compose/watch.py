"""What containers have written to their logs."""

from collections.abc import Iterable
from datetime import datetime

from tocsin.errors import TocsinError
from tocsin.stack.compose.engine import Engine, EngineAway
from tocsin.stack.compose.state import ContainerState

LINES_PER_LOOK = 200
"""Lines of one container that are taken in at one look; of a flood the newest are kept."""
_LONGEST_LINE = 2000
_NANO = 1_000_000_000


def new_lines(engine: Engine, containers: Iterable[ContainerState], seen: dict[str, int]) -> list[tuple[str, str]]:
    """(replica name, line) of what was written since; ``seen`` keeps the time of the last line, in nanoseconds.

    A log that cannot be read is no reason to end a run: it is read on as soon as that is possible.
    """
    found: list[tuple[str, str]] = []
    for one in containers:
        since = seen.get(one.name, 0)
        try:
            lines = _lines(engine, one.id, since, LINES_PER_LOOK + 1)
        except EngineAway:
            break
        except TocsinError:  # removed just now
            continue
        fresh = [(at, text) for at, text in lines if at > since]
        if fresh:
            seen[one.name] = fresh[-1][0]
        found += [(one.name, text[:_LONGEST_LINE]) for _, text in fresh[-LINES_PER_LOOK:]]
        if len(fresh) > LINES_PER_LOOK:
            found.append((one.name, "[more lines in this second were not kept]"))
    return found


def tail(engine: Engine, container: str, lines: int = 12) -> str:
    """The last lines of a container's log."""
    try:
        last = [text for _, text in _lines(engine, container, 0, lines)]
    except TocsinError as error:
        return f"  (its log cannot be read: {error.message})"
    return "\n".join(f"  {line}" for line in last) or "  (its log is empty)"


def _lines(engine: Engine, container: str, since: int, most: int) -> list[tuple[int, str]]:
    """(time in nanoseconds since the epoch, line)."""
    text = engine.logs(container, since / _NANO, most).decode("utf-8", errors="replace")
    found = []
    for line in text.splitlines():
        stamp, _, rest = line.partition(" ")
        at = _nanoseconds(stamp)
        if at is not None:
            found.append((at, rest))
    return found


def _nanoseconds(stamp: str) -> int | None:
    whole, _, fraction = stamp.rstrip("Z").partition(".")
    try:
        seconds = int(datetime.fromisoformat(f"{whole}+00:00").timestamp())
        return seconds * _NANO + int(fraction.ljust(9, "0")[:9] or 0)
    except ValueError:
        return None
