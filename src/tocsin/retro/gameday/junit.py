"""A game day as JUnit XML: a suite per drill, one for the pre-checks, and one that says whether it ran to its end."""

from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

from tocsin.model.gameday import DrillEntry, GameDayRecord
from tocsin.retro.export.suites import case, counted, new_suite, suite_name, told, write_suites
from tocsin.retro.gameday.standing import times


def write_gameday_junit(record: GameDayRecord, path: Path) -> Path:
    """Write ``path`` in one step and return it.

    Raises:
        OSError: when it cannot be written.
    """
    return write_suites(_suites(record), path)


def _suites(record: GameDayRecord) -> Iterator[ET.Element]:
    if record.checks:
        yield _checks(record)
    for entry in record.entries:
        yield _drill(record, entry)
    yield _whole(record)


def _checks(record: GameDayRecord) -> ET.Element:
    name = suite_name(f"{record.gameday}.pre-checks")
    suite = new_suite(name, 0.0, {"gameday": record.id})
    for one in record.checks:
        test = case(suite, name, one.what)
        if one.met is None:
            told(test, "skipped", one.detail or "for people to see to")
        elif not one.met:
            told(test, "failure", one.detail or "not met")
    return counted(suite)


def _drill(record: GameDayRecord, entry: DrillEntry) -> ET.Element:
    name = suite_name(f"{record.gameday}.{entry.number}.{entry.drill}")
    seconds = entry.ended - entry.started if entry.started is not None and entry.ended is not None else 0.0
    suite = new_suite(name, max(0.0, seconds), _properties(entry))
    _verdict(case(suite, name, "verdict"), entry)
    if entry.plan.hypothesis:
        _verdict(case(suite, name, f"hypothesis: {entry.plan.hypothesis}"), entry)
    return counted(suite)


def _verdict(test: ET.Element, entry: DrillEntry) -> None:
    reasons = "; ".join(entry.reasons) or "no reason on record"
    if entry.verdict is None:
        told(test, "skipped", f"{entry.state}, no verdict")
    elif entry.verdict == "missed":
        told(test, "failure", f"missed: {reasons}")
    elif entry.verdict != "held":
        told(test, "error", f"{entry.verdict}: {reasons}")


def _properties(entry: DrillEntry) -> dict[str, str]:
    found = {"run": entry.run or "none", "seed": str(entry.seed), "verdict": entry.verdict or "none"}
    found |= {name: f"{seconds:.3f}" for name, seconds in times(entry).items() if seconds is not None}
    if entry.score is not None:
        found["score"] = f"{entry.score:.1f}"
    return found


def _whole(record: GameDayRecord) -> ET.Element:
    """Whether every drill was run."""
    name = suite_name(record.gameday)
    seconds = record.ended - record.started if record.ended is not None else 0.0
    suite = new_suite(name, max(0.0, seconds), {"gameday": record.id, "responder": record.responder})
    test = case(suite, name, "ran to its end")
    if record.state != "done":
        told(test, "error", record.reason or f"it is {record.state}")
    return counted(suite)
