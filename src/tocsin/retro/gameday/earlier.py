"""Earlier game days of the same name, from the records beside a game day's folder."""

from pathlib import Path

from pydantic import ValidationError

from tocsin.errors import BadInput
from tocsin.model.gameday import GameDayRecord

RECORD = "gameday.json"
"""The file that holds a record."""


def read(folder: Path) -> GameDayRecord:
    """The record in a game day's folder.

    Raises:
        BadInput: when there is none that can be read.
    """
    try:
        return GameDayRecord.model_validate_json((folder / RECORD).read_bytes())
    except (OSError, ValidationError) as error:
        first = str(error).splitlines()[0]
        raise BadInput(f"{folder / RECORD}: missing, broken, or of another version of Tocsin: {first}") from error


def earlier_records(folder: Path, record: GameDayRecord) -> list[GameDayRecord]:
    """Those that were begun before it, oldest first; what cannot be read is passed over."""
    found = []
    for path in folder.parent.glob(f"*/{RECORD}"):
        try:
            other = read(path.parent)
        except BadInput:
            continue
        if other.gameday == record.gameday and other.id != record.id and other.started < record.started:
            found.append(other)
    return sorted(found, key=lambda one: one.started)
