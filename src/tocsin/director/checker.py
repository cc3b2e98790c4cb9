"""Mistakes in a drill, collected with the line that each stands on, and told together."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from tocsin.errors import BadInput
from tocsin.suggest import nearest
from tocsin.yamlfile import line_of


class Checker:
    """Collects mistakes with the line they stand on."""

    def __init__(self, path: Path, content: Any) -> None:
        self._path = path
        self._content = content
        self._mistakes: list[str] = []

    def add(self, key: tuple[str | int, ...], message: str) -> None:
        """Note a mistake at a key."""
        self._mistakes.append(f"{self._path}:{line_of(self._content, key)}: {message}")

    def wrong(self, key: tuple[str | int, ...], message: str) -> None:
        """Note a mistake at a key, unless the message is empty."""
        if message:
            self.add(key, message)

    def known(self, kind: str, key: tuple[str | int, ...], word: str, valid: list[str]) -> None:
        """A word must be one of those known; otherwise nothing further can be checked."""
        if word not in valid:
            self.add(key, f"unknown {kind} {word!r}; {nearest(word, valid)}")
            self.done()

    def attempt(self, key: tuple[str | int, ...], step: Callable[[], None]) -> None:
        """Run a check that raises BadInput and note its message at the key's line."""
        try:
            step()
        except BadInput as error:
            self.add(key, str(error))

    @property
    def found_any(self) -> bool:
        """True when there is a mistake already."""
        return bool(self._mistakes)

    def done(self) -> None:
        """Raise all mistakes at once."""
        if self._mistakes:
            raise BadInput("\n".join(dict.fromkeys(self._mistakes)))
