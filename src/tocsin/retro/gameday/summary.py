"""The summary document of a game day, from its record and those of earlier ones."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tocsin.model.gameday import GameDayRecord
from tocsin.retro.gameday.earlier import earlier_records
from tocsin.retro.gameday.findings import findings, surprises
from tocsin.retro.gameday.junit import write_gameday_junit
from tocsin.retro.gameday.standing import budget, done, standing_of, times
from tocsin.retro.gameday.trend import trend
from tocsin.retro.html import PAGE, render_page
from tocsin.retro.language import ENGLISH, Language
from tocsin.retro.rendering import render
from tocsin.retro.written import Picture, Rendered, write_files
from tocsin.workspace import Workspace

NAME = "gameday.md"
"""The document; ``gameday.html`` and ``junit.xml`` lie beside it."""


def write_summary(
    folder: Path,
    record: GameDayRecord,
    earlier: Sequence[GameDayRecord] | None = None,
    template: Callable[[str], Path] | None = None,
    say: Language = ENGLISH,
) -> list[Path]:
    """Write the summary into ``folder`` as Markdown with its charts, as HTML and as JUnit XML, and return the paths.

    Args:
        folder: The game day's folder; records of ``earlier`` game days lie in the folders beside it.
        record: The game day, finished or not: drills that were not run are only counted.
        earlier: Earlier game days of the same name, oldest first; found beside ``folder`` by default.
        template: Finds a template by its name; the workspace's own by default.
        say: The language of Markdown and HTML.

    Raises:
        BadInput: when a template is missing or does not render.
        OSError: when a file cannot be written.
    """
    find = template if template is not None else Workspace.find().template
    before = earlier_records(folder, record) if earlier is None else earlier
    document = render_summary(record, before, find, say)
    return [
        write_files(document, folder),
        write_files(render_page(document, find(PAGE), say), folder),
        write_gameday_junit(record, folder / "junit.xml"),
    ]


def render_summary(
    record: GameDayRecord, earlier: Sequence[GameDayRecord], template: Callable[[str], Path], say: Language = ENGLISH
) -> Rendered:
    """The summary and its charts.

    Raises:
        BadInput: when the template is missing or does not render.
    """
    pictures = trend([*earlier, record], say)
    text = render(template(say.template(f"{NAME}.j2")), _context(record, earlier, pictures, say))
    return Rendered(NAME, text, pictures)


def _context(
    record: GameDayRecord, earlier: Sequence[GameDayRecord], pictures: list[Picture], say: Language
) -> dict[str, Any]:
    entries = done(record)
    return {
        "say": say,
        "record": record,
        "plan": record.plan,
        "started": _utc(record.started),
        "ended": _utc(record.ended) if record.ended is not None else None,
        "entries": entries,
        "times": {entry.number: times(entry) for entry in entries},
        "budgets": {entry.number: budget(entry) for entry in entries},
        "rest": [entry for entry in record.entries if entry.verdict is None],
        "now": standing_of(record),
        "days": [standing_of(one) for one in (*earlier, record)],
        "surprises": surprises(record, earlier, say),
        "findings": findings(record, say),
        "pictures": pictures,
    }


def _utc(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
