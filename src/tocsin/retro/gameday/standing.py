"""What a game day comes to in figures, so that it can be set beside earlier ones."""

from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import median

from tocsin.model.gameday import DrillEntry, GameDayRecord
from tocsin.retro.phases import durations


@dataclass(frozen=True)
class DayStanding:
    """One game day: drills done and held, mean score, median detection and mitigation in seconds (None without any)."""

    id: str
    date: str
    done: int
    held: int
    score: float | None
    detected: float | None
    mitigated: float | None


def times(entry: DrillEntry) -> dict[str, float | None]:
    """The durations of a drill by name (TTD, TTA, ...), in seconds."""
    return {one.name: one.seconds for one in durations(entry.stamps)}


def done(record: GameDayRecord) -> list[DrillEntry]:
    """Drills that reached a verdict."""
    return [entry for entry in record.entries if entry.verdict is not None]


def budget(entry: DrillEntry) -> float | None:
    """Seconds' worth of budget that a drill cost, of the SLO that it cost most; None without a figure."""
    return max((spent.seconds for spent in entry.budget), default=None)


def standing_of(record: GameDayRecord) -> DayStanding:
    """The figures of one game day."""
    entries = done(record)
    scores = [entry.score for entry in entries if entry.score is not None]
    return DayStanding(
        id=record.id,
        date=datetime.fromtimestamp(record.started, UTC).strftime("%Y-%m-%d"),
        done=len(entries),
        held=sum(entry.verdict == "held" for entry in entries),
        score=sum(scores) / len(scores) if scores else None,
        detected=_median(entries, "TTD"),
        mitigated=_median(entries, "TTM"),
    )


def _median(entries: list[DrillEntry], name: str) -> float | None:
    known = [seconds for entry in entries if (seconds := times(entry)[name]) is not None]
    return median(known) if known else None
