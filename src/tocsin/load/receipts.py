"""Receipts: what clients were told was accepted, one JSON line each, kept until somebody takes them."""

import json
from pathlib import Path
from typing import Any


class Receipts:
    """Lines that wait to be written; writing a batch is cheaper than writing each."""

    def __init__(self) -> None:
        self._waiting: list[str] = []

    def keep(self, kind: str, body: bytes) -> None:
        """Keep an answer, which is to be a JSON object, under its kind of work.

        Raises:
            ValueError: it is none.
        """
        text = body.decode("utf-8").strip()
        if not (text.startswith('{"') and text.endswith("}") and "\n" not in text):  # what nearly all servers send
            text = json.dumps(_object(text))
        self._waiting.append(f'{text[:-1]}{", " if len(text) > 2 else ""}"receipt": "{kind}"}}')  # the last key wins

    def taken(self) -> list[str]:
        """The lines that have come since the last time."""
        lines, self._waiting = self._waiting, []
        return lines


def append(path: Path, lines: list[str]) -> None:
    """Write lines to the end of a file."""
    if lines:
        with path.open("a", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")


def _object(text: str) -> dict[str, Any]:
    found = json.loads(text)
    if not isinstance(found, dict):
        raise ValueError("the answer is no JSON object")  # noqa: TRY004 - it is its value that is wrong
    return found
