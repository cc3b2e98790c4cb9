"""Starting a drill from the console: as a process of its own, which does not notice when the console is gone."""

import sys
from pathlib import Path

from tocsin import clock
from tocsin.errors import BadInput
from tocsin.stack.process import spawn
from tocsin.tape.store import TapeReader
from tocsin.workspace import Workspace

_PROGRAM = "from tocsin.cli import main; main()"
_PATIENCE = 60.0
"""Seconds within which a run must have begun its tape."""

_AT_ONCE = 10.0
"""Seconds within which a start that is refused has ended."""


class Launch:
    """One start: a process in a session of its own, and the run that it turns out to be."""

    def __init__(self, workspace: Workspace, words: list[str]) -> None:
        """Start ``tocsin`` with the given words.

        Raises:
            BadInput: when the log of the start cannot be written.
        """
        self._workspace = workspace
        self._before = {folder.name for folder in workspace.run_folders()}
        folder = workspace.runtime / "console"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._log = folder / "last-start.log"
            self._log.unlink(missing_ok=True)
            command = [sys.executable, "-c", _PROGRAM, *words]
            self._process = spawn(command, environment={}, log=self._log, folder=workspace.root)
        except OSError as error:
            raise BadInput(f"the drill cannot be started: {error}") from error

    def run_folder(self) -> Path:
        """The folder of the run that was started, once it has a tape; waits for it.

        Raises:
            BadInput: when the start failed, with what it said, or nothing came of it.
        """
        clock.wait_until(lambda: self._found() is not None or self._ended(), timeout=_PATIENCE)
        found = self._found()
        if found is None:
            raise BadInput(f"the drill did not start: {self._said()}", hint=f"{self._log} has all of it.")
        return found

    def check_begun(self) -> None:
        """Look for a while whether the start fails at once, as one with bad input does.

        Raises:
            BadInput: when it did, with what it said.
        """
        if clock.wait_until(self._ended, timeout=_AT_ONCE) and self._process.returncode != 0:
            raise BadInput(f"it did not start: {self._said()}", hint=f"{self._log} has all of it.")

    def _found(self) -> Path | None:
        """The run, once its tape can be read: it is there a moment before it says what it is."""
        fresh = [folder for folder in self._workspace.run_folders() if folder.name not in self._before]
        return next((folder for folder in fresh if _can_be_read(folder / "tape.db")), None)

    def _ended(self) -> bool:
        return self._process.poll() is not None

    def _said(self) -> str:
        lines = self._log.read_text(encoding="utf-8", errors="replace").split("\n")
        return " ".join(line.strip() for line in lines[-6:] if line.strip()) or "it said nothing"


def _can_be_read(tape: Path) -> bool:
    try:
        TapeReader.open(tape).close()
    except BadInput:
        return False
    return True
