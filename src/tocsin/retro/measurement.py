"""The measurement document: what a run without a fault found out about the system under load, from its tape alone."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tocsin.retro.charts import charts
from tocsin.retro.comparison.figures import resource_figures, work_figures
from tocsin.retro.comparison.side import Side, side_of
from tocsin.retro.language import ENGLISH, Language
from tocsin.retro.phase_use import limit_reached, use_by_phase
from tocsin.retro.rendering import render
from tocsin.retro.written import Picture, Rendered, write_files
from tocsin.tape.store import TapeReader

DOCUMENT = "measurement.md"
_SHOWN = ("load.svg", "latency.svg", "slo.svg", "cpu.svg", "lag.svg")
_TOLD_BY_PHASE = ("CPU of ", "memory of ")


def write_measurement(reader: TapeReader, folder: Path, template: Path) -> Path:
    """Write the document in English and its pictures into ``folder`` and return the document's path.

    The same tape and template give the same bytes.

    Raises:
        BadInput: when the tape is broken or has no load on it, or the template does not render.
    """
    return write_files(render_measurement(reader, template), folder)


def render_measurement(reader: TapeReader, template: Path, say: Language = ENGLISH) -> Rendered:
    """The document and its pictures.

    Raises:
        BadInput: when the tape is broken or has no load on it, or the template does not render.
    """
    side = side_of(reader.meta.variant or "", reader)
    drawn = charts(side.meta, side.state, side.window, say)
    pictures = [Picture(name, say(f"caption.{name}"), drawn[name]) for name in _SHOWN if name in drawn]
    return Rendered(DOCUMENT, render(template, _context(side, pictures, say)), pictures)


def _context(side: Side, pictures: list[Picture], say: Language) -> dict[str, Any]:
    uses = use_by_phase(side)
    return {
        "say": say,
        "meta": side.meta,
        "state": side.state,
        "started": datetime.fromtimestamp(side.meta.started, UTC),
        "seconds": float(side.seconds),
        "limit": limit_reached(side, uses, say),
        "uses": uses,
        "others": _others(side),
        "pictures": {picture.name: picture for picture in pictures},
    }


def _others(side: Side) -> dict[str, float]:
    """Connections, storage, backlog and times of work, as far as there was any of it."""
    figures = resource_figures(side) | work_figures(side)
    return {name: value for name, value in figures.items() if value > 0 and not name.startswith(_TOLD_BY_PHASE)}
