"""Reading on in log files that grow, a bounded number of lines at a time."""

from pathlib import Path

LINES_PER_LOOK = 200
"""Lines of one log that are taken in at one look; a flood beyond that is counted, not kept."""
_LONGEST_LINE = 2000
_AT_ONCE = 1 << 20


def new_lines(folder: Path, seen: dict[str, int]) -> list[tuple[str, str]]:
    """(name, line) of every whole line written since the last look; ``seen`` keeps bytes read by name.

    A file that became shorter is read from its beginning; half a line is left for the next look.
    """
    found: list[tuple[str, str]] = []
    for path in sorted(folder.glob("*.log")):
        begin = seen.get(path.stem, 0)
        size = path.stat().st_size
        begin = begin if begin <= size else 0
        if size == begin:
            continue
        with path.open("rb") as file:
            file.seek(begin)
            whole = file.read(_AT_ONCE).rpartition(b"\n")[0]
        if not whole:
            continue
        seen[path.stem] = begin + len(whole) + 1
        lines = whole.decode("utf-8", errors="replace").splitlines()
        found += [(path.stem, line[:_LONGEST_LINE]) for line in lines[:LINES_PER_LOOK]]
        if len(lines) > LINES_PER_LOOK:
            found.append((path.stem, f"[{len(lines) - LINES_PER_LOOK} more lines in this second were not kept]"))
    return found
