"""Which document a run gets: what only measures gets a measurement, everything else an incident document."""

from collections.abc import Callable
from pathlib import Path

from tocsin.retro import document, measurement
from tocsin.tape.store import TapeReader

DOCUMENTS = (document.DOCUMENT, measurement.DOCUMENT)
"""The file names that a run's document may have."""


def document_name(reader: TapeReader) -> str:
    """The file name of the run's document.

    Raises:
        BadInput: when the tape is broken.
    """
    measured = reader.meta.drill.only_measures and "load_scheduled" in reader.window().series
    return measurement.DOCUMENT if measured else document.DOCUMENT


def write_document(reader: TapeReader, folder: Path, template: Callable[[str], Path]) -> Path:
    """Write the document that fits the run into ``folder`` and return its path; ``template`` finds one by name.

    Raises:
        BadInput: when the tape is broken, or the template is missing or does not render.
    """
    name = document_name(reader)
    write = measurement.write_measurement if name == measurement.DOCUMENT else document.write_incident
    return write(reader, folder, template(f"{name}.j2"))
