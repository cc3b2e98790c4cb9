"""Records of game days: one folder each, the record replaced in one step after everything that happens."""

import fcntl
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import ValidationError

from tocsin.errors import BadInput, Blocked
from tocsin.model.gameday import GameDayRecord
from tocsin.workspace import Workspace

FILE = "gameday.json"
_LOCK = "gameday.lock"


def new_folder(workspace: Workspace, name: str) -> Path:
    """A new folder for a game day called ``name``; its name is the game day's id."""
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    stamp = time.strftime("%Y%m%d-%H%M%S")
    number = 1
    while True:
        folder = workspace.gameday_records / (f"{stamp}-{slug}" + (f"-{number}" if number > 1 else ""))
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            number += 1
        else:
            return folder


def write_record(folder: Path, record: GameDayRecord) -> None:
    """Replace the record; on disk when this returns, so that a kill at any moment leaves the old or the new one."""
    draft = folder / f".{FILE}.new"
    with draft.open("w", encoding="utf-8") as file:
        file.write(record.model_dump_json(indent=2, by_alias=True) + "\n")
        file.flush()
        os.fsync(file.fileno())
    draft.replace(folder / FILE)


def read_record(folder: Path) -> GameDayRecord:
    """The record in a folder.

    Raises:
        BadInput: when there is none, it is broken, or it was written by a newer Tocsin.
    """
    path = folder / FILE
    try:
        return GameDayRecord.model_validate_json(path.read_bytes())
    except FileNotFoundError as error:
        raise BadInput(f"{path}: there is no record of a game day here") from error
    except (OSError, ValidationError) as error:
        first = str(error).splitlines()[0]
        raise BadInput(f"{path}: the record is broken, or of another version of Tocsin: {first}") from error


def records(workspace: Workspace) -> list[Path]:
    """Folders of game days, oldest first."""
    return sorted(path.parent for path in workspace.gameday_records.glob(f"*/{FILE}"))


def newest_record(workspace: Workspace, name: str) -> Path:
    """The folder of the newest game day of that name that did not come to its end.

    Raises:
        BadInput: when there is none.
    """
    for folder in reversed(records(workspace)):
        try:
            record = read_record(folder)
        except BadInput:
            continue
        if record.gameday == name:
            if record.state == "done":
                break
            return folder
    raise BadInput(
        f"no game day {name!r} was interrupted: there is nothing to resume",
        hint="Leave --resume out to begin a new one; `tocsin list gamedays` shows what there was.",
    )


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Hold a game day: one process at a time runs it.

    Raises:
        Blocked: when another process does.
    """
    with (folder / _LOCK).open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Blocked(
                f"the game day {folder.name} is going on",
                hint="`tocsin stop` ends its drill, and the game day with it.",
            ) from error
        yield
