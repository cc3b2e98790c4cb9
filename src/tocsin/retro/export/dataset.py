"""A run as a case of a public root-cause data set, in the layout of RCAEval (Pham et al. 2024).

``<service>_<fault>/<case>/`` holds ``data.csv``: one row per second, ``time`` in whole seconds since the epoch, and one
column ``<service>_<metric>`` per service and signal; and ``inject_time.txt`` with the second of the first injection.
Readers of this layout split names at the underscore, so no service, fault or metric has one of its own.
"""

import csv
import io
import re
from math import floor
from pathlib import Path

import numpy as np

from tocsin.errors import BadInput
from tocsin.model.run import RunMeta
from tocsin.model.signal import Signal
from tocsin.model.window import Array, SampleWindow
from tocsin.retro.written import replace_file
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
    kind = f"{_word(first.target)}_{_word(first.fault)}" if first else "none_no-fault"
    case = folder / kind / meta.run
    case.mkdir(parents=True, exist_ok=True)
    replace_file(case / "data.csv", _table(meta, window, columns))
    if first is not None:
        replace_file(case / "inject_time.txt", f"{floor(meta.started) + floor(first.injected)}\n")
    return case


def _columns(meta: RunMeta, window: SampleWindow) -> dict[str, Array]:
    """Values per second by column: a rate added up over a service's replicas and links, anything else its mean."""
    rows: dict[str, tuple[Signal, list[Array]]] = {}
    for name, signal in meta.signals.items():
        for entity, values in window.of(name, signal).items():
            service = _service(meta, entity)
            if service is not None and np.isfinite(values).any():
                rows.setdefault(f"{_word(service)}_{_word(name)}", (signal, []))[1].append(values)
    return {column: _together(*rows[column]) for column in sorted(rows)}


def _service(meta: RunMeta, entity: str) -> str | None:
    """Whose figure it is: the service itself or that of a replica, the caller of a link; None for anything else."""
    caller, arrow, _ = entity.partition("->")
    return caller if arrow else meta.topology.service_of(entity)


def _together(signal: Signal, rows: list[Array]) -> Array:
    table = np.vstack(rows)
    known = np.isfinite(table).any(axis=0)
    combined: Array = np.full(table.shape[1], np.nan)
    combined[known] = (np.nansum if signal.rate is not None else np.nanmean)(table[:, known], axis=0)
    return combined


def _table(meta: RunMeta, window: SampleWindow, columns: dict[str, Array]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["time", *columns])
    for place, second in enumerate(window.seconds):
        row = [values[place] for values in columns.values()]
        writer.writerow(
            [floor(meta.started) + int(second), *("" if np.isnan(value) else f"{value:.6g}" for value in row)]
        )
    return text.getvalue()


def _word(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9.-]+", "-", text).strip("-")
