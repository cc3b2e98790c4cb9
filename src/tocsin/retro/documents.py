"""Which document a run gets: what only measures gets a measurement, everything else an incident document."""

from collections.abc import Callable
from pathlib import Path

from tocsin.retro import document, measurement
from tocsin.retro.comparison.side import busy_seconds
from tocsin.retro.html import PAGE, render_page
from tocsin.retro.language import ENGLISH, Language
from tocsin.retro.score import Twin
from tocsin.retro.written import Rendered, write_files
from tocsin.tape.store import TapeReader

DOCUMENTS = (document.DOCUMENT, measurement.DOCUMENT)
"""The file names that a run's document may have."""


def document_name(reader: TapeReader) -> str:
    """The file name of the run's document; one that ended before it was under load has measured nothing.

    Raises:
        BadInput: when the tape is broken.
    """
    measured = reader.meta.drill.only_measures and busy_seconds(reader.window()).size
    return measurement.DOCUMENT if measured else document.DOCUMENT


def render_document(
    reader: TapeReader, template: Callable[[str], Path], say: Language = ENGLISH, twin: Twin | None = None
) -> Rendered:
    """The document that fits the run; ``template`` finds a template by its name below the folder of templates.

    ``twin``, a run in which nobody responded, shows what doing nothing costs.

    Raises:
        BadInput: when the tape is broken, or the template is missing or does not render.
    """
    name = document_name(reader)
    path = template(say.template(f"{name}.j2"))
    if name == measurement.DOCUMENT:
        return measurement.render_measurement(reader, path, say)
    return document.render_incident(reader, path, say, twin)


def write_document(
    reader: TapeReader,
    folder: Path,
    template: Callable[[str], Path],
    say: Language = ENGLISH,
    twin: Twin | None = None,
) -> Path:
    """Write the document that fits the run into ``folder`` and return its path.

    Raises:
        BadInput: as ``render_document``.
    """
    return write_files(render_document(reader, template, say, twin), folder)


def write_page(
    reader: TapeReader,
    folder: Path,
    template: Callable[[str], Path],
    say: Language = ENGLISH,
    twin: Twin | None = None,
) -> Path:
    """Write the document that fits the run as one HTML file that needs no other, and return its path.

    Raises:
        BadInput: as ``render_document``.
    """
    document = render_document(reader, template, say, twin)
    return write_files(render_page(document, template(PAGE), say), folder)
