"""Earlier game days of the same name, from the records beside a game day's folder."""

from pathlib import Path

from pydantic import ValidationError

from tocsin.model.gameday import GameDayRecord

RECORD = "gameday.json"
"""The file that holds a record."""


def earlier_records(folder: Path, record: GameDayRecord) -> list[GameDayRecord]:
    """Those that were begun before it, oldest first; what cannot be read is passed over."""
    found = []
    for path in folder.parent.glob(f"*/{RECORD}"):
        try:
            other = GameDayRecord.model_validate_json(path.read_bytes())
        except (OSError, ValidationError):
            continue
        if other.gameday == record.gameday and other.id != record.id and other.started < record.started:
            found.append(other)
    return sorted(found, key=lambda one: one.started)
