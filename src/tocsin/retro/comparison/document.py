"""The comparison document: from the tapes of its runs alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from tocsin.model.event import CriterionJudged
from tocsin.retro.comparison.figures import LOAD, LoadRow, load_rows, server_figures
from tocsin.retro.comparison.paired import Paired, paired
from tocsin.retro.comparison.predicted import Outcome, outcomes
from tocsin.retro.comparison.scaling import Scaling, scaling
from tocsin.retro.comparison.series import per_second
from tocsin.retro.comparison.side import Side, differences, sides
from tocsin.retro.plot import Plot, draw
from tocsin.retro.rendering import render
from tocsin.retro.written import replace_file
from tocsin.tape.store import TapeReader

DOCUMENT = "comparison.md"
_PICTURES = {
    "mean latency": "latency.svg",
    "answers": "answers.svg",
    "failed requests": "failed.svg",
    "waiting records": "backlog.svg",
}
_MOST_CPU = 3


@dataclass(frozen=True)
class Comparison:
    """Runs side by side; the first is what the others are compared with."""

    sides: list[Side]
    unlike: list[str]
    paired: dict[str, list[Paired]]
    outcomes: list[Outcome]
    scaling: Scaling | None

    @property
    def base(self) -> Side:
        """The first run."""
        return self.sides[0]


def compare_runs(readers: Sequence[TapeReader]) -> Comparison:
    """Compare the runs of some tapes with the first of them.

    Raises:
        BadInput: when there are fewer than two, or one has no load on its tape.
    """
    of = sides(readers)
    curves = [per_second(side) for side in of]
    return Comparison(
        sides=of,
        unlike=differences(of),
        paired={side.label: _pairs(curves[0], own) for side, own in zip(of[1:], curves[1:], strict=True)},
        outcomes=outcomes(of),
        scaling=scaling(of),
    )


def write_comparison(readers: Sequence[TapeReader], folder: Path, template: Path) -> Path:
    """Write the document and its pictures into ``folder``; the same tapes and template give the same bytes.

    Raises:
        BadInput: as ``compare_runs``, or when the template does not render.
    """
    found = compare_runs(readers)
    pictures = _pictures(found.sides)
    folder.mkdir(parents=True, exist_ok=True)
    for name, svg in pictures.items():
        replace_file(folder / name, svg)
    document = folder / DOCUMENT
    replace_file(document, render(template, _context(found, list(pictures))))
    return document


def _context(found: Comparison, pictures: list[str]) -> dict[str, Any]:
    return {
        "found": found,
        "base": found.base,
        "sides": found.sides,
        "started": datetime.fromtimestamp(found.base.meta.started, UTC),
        "columns": LOAD,
        "load": _load_table(found.sides),
        "servers": _server_table(found.sides),
        "criteria": _criteria_table(found.sides),
        "pictures": pictures,
    }


def _pairs(before: dict[str, tuple[str, Any]], after: dict[str, tuple[str, Any]]) -> list[Paired]:
    found = [paired(name, unit, values, after[name][1]) for name, (unit, values) in before.items() if name in after]
    return [one for one in found if one is not None]


def _load_table(of: Sequence[Side]) -> list[tuple[str, list[LoadRow | None]]]:
    """Rows (what, figures by side) in the order of the first side that has them."""
    by_side = [{(row.phase, row.request): row for row in load_rows(side)} for side in of]
    keys = list(dict.fromkeys(key for rows in by_side for key in rows))
    return [(_name(*key), [rows.get(key) for rows in by_side]) for key in keys]


def _name(phase: str | None, request: str | None) -> str:
    where = "all phases" if phase is None else f"phase {phase}"
    return f"{where}, {request or 'all requests'}"


def _server_table(of: Sequence[Side]) -> list[tuple[str, list[float | None]]]:
    by_side = [server_figures(side) for side in of]
    names = list(dict.fromkeys(name for figures in by_side for name in figures))
    return [(name, [figures.get(name) for figures in by_side]) for name in names]


def _criteria_table(of: Sequence[Side]) -> list[tuple[CriterionJudged, list[CriterionJudged | None]]]:
    by_side = [{one.name: one for one in side.state.criteria} for side in of]
    names = list(dict.fromkeys(name for judged in by_side for name in judged))
    return [
        (next(judged[name] for judged in by_side if name in judged), [judged.get(name) for judged in by_side])
        for name in names
    ]


def _pictures(of: Sequence[Side]) -> dict[str, str]:
    """One chart per figure, one line per run, on the clock of the load."""
    curves = [per_second(side) for side in of]
    wanted = dict(_PICTURES)
    cpu = [name for name in curves[0] if name.startswith("CPU of ")]
    busiest = sorted(cpu, key=lambda name: -float(np.nan_to_num(curves[0][name][1]).mean()))[:_MOST_CPU]
    wanted |= {name: f"cpu-{name.removeprefix('CPU of ')}.svg" for name in busiest}
    drawn: dict[str, str] = {}
    for name, file in wanted.items():
        having = [(side, own[name]) for side, own in zip(of, curves, strict=True) if name in own]
        if len(having) < 2:
            continue
        plot = Plot(name.capitalize() if name[0].islower() else name, having[0][1][0], x_title="seconds of load")
        for side, (_, values) in having:
            plot.line(side.label, np.arange(values.size, dtype=np.float64), values)
        if plot.lines and plot.top > 0:
            drawn[file] = draw(plot)
    return drawn
