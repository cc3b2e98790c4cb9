"""A run as a case of a public root-cause data set, in the layout of RCAEval (Pham et al. 2024).

A folder with ``data.csv``: one row per second, ``time`` in whole seconds since the epoch, and one column
``<service>_<metric>`` per entity and signal; and ``inject_time.txt`` with the second of the first injection. What was
broken is in the folder's name, ``<service>_<fault>``, as there.
"""

import csv
import io
import re
from pathlib import Path

import numpy as np

from tocsin.errors import BadInput
from tocsin.model.run import RunMeta
from tocsin.model.window import Array, SampleWindow
from tocsin.retro.document import replace_file
from tocsin.tape.fold import fold
from tocsin.tape.store import TapeReader


def write_dataset(reader: TapeReader, folder: Path) -> Path:
    """Write the case below ``folder`` and return its own folder.

    Raises:
        BadInput: when the tape is broken, or has no samples.
        OSError: when it cannot be written.
    """
    meta, window = reader.meta, reader.window()
    columns = _columns(meta, window)
    if not columns:
        raise BadInput(f"{meta.run} has no samples on its tape, so there is no data set to write")
    state = fold(meta, reader.events())
    first = state.injections[0] if state.injections else None
    case = folder / (f"{_word(first.target)}_{first.fault}" if first else "no-fault")
    case.mkdir(parents=True, exist_ok=True)
    replace_file(case / "data.csv", _table(meta, window, columns))
    if first is not None:
        replace_file(case / "inject_time.txt", f"{round(meta.started + first.injected)}\n")
    return case


def _columns(meta: RunMeta, window: SampleWindow) -> dict[str, Array]:
    """Values per second by column; entities of one service stay apart by their own names."""
    found: dict[str, Array] = {}
    for name, signal in meta.signals.items():
        for entity, values in window.of(name, signal).items():
            if np.isfinite(values).any():
                found[f"{_word(entity)}_{name}"] = values
    return dict(sorted(found.items()))


def _table(meta: RunMeta, window: SampleWindow, columns: dict[str, Array]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["time", *columns])
    for place, second in enumerate(window.seconds):
        row = [values[place] for values in columns.values()]
        writer.writerow([round(meta.started + second), *("" if np.isnan(value) else f"{value:.6g}" for value in row)])
    return text.getvalue()


def _word(text: str) -> str:
    """A name that can stand before an underscore: the first one ends the service in readers of this layout."""
    return re.sub(r"[^A-Za-z0-9.-]+", "-", text.replace("->", "-to-")).strip("-")
