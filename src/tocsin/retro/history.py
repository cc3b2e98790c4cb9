"""The drills that a runbook page remembers: a Markdown table that is read back, one row per run."""

import re
from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields, replace
from datetime import UTC, datetime

import numpy as np

from tocsin.model.run import RunMeta
from tocsin.retro.language import ENGLISH, Language
from tocsin.retro.phases import durations
from tocsin.retro.rendering import table
from tocsin.tape.state import RunState

_KEPT = 50
_NONE = "–"
_LINK = re.compile(r"^\[(.*)\]\(.*\)$")


@dataclass(frozen=True)
class Drilled:
    """One row, as text: what a person reads is what is read back."""

    date: str
    run: str
    drill: str
    seed: str
    commit: str
    verdict: str
    named: str
    detected: str
    mitigated: str
    remedies: str

    @classmethod
    def of(cls, meta: RunMeta, state: RunState) -> "Drilled":
        """The row of a run."""
        took = {duration.name: duration.seconds for duration in durations(state.stamps)}
        return cls(
            date=datetime.fromtimestamp(meta.started, UTC).strftime("%Y-%m-%d"),
            run=meta.run,
            drill=meta.drill_name,
            seed=str(meta.seed),
            commit=meta.commit or _NONE,
            verdict=state.verdict or _NONE,
            named=state.classified.cause if state.classified else _NONE,
            detected=_seconds(took["TTD"]),
            mitigated=_seconds(took["TTM"]),
            remedies=", ".join(action.remedy for action in state.actions) or _NONE,
        )


HEADINGS = ("date", "run", "drill", "seed", "commit", "verdict", "named", "TTD", "TTM", "remedies")
"""Phrases of the headings; what is no phrase stands as it is."""


@dataclass(frozen=True)
class Standing:
    """What the rows come to: runs, share held, and percentiles of the durations in seconds (None without any)."""

    runs: int
    held: float
    detected: tuple[float, float] | None
    mitigated: tuple[float, float] | None


def add(rows: Sequence[Drilled], row: Drilled) -> list[Drilled]:
    """The rows with ``row`` in its place: one per run, oldest first, the newest fifty."""
    others = [one for one in rows if one.run != row.run]
    return sorted([*others, row], key=lambda one: one.run)[-_KEPT:]


def standing(rows: Sequence[Drilled]) -> Standing:
    """Runs, share that held, and p50/p95 of detection and mitigation."""
    return Standing(
        runs=len(rows),
        held=sum(row.verdict == "held" for row in rows) / len(rows) if rows else 0.0,
        detected=_percentiles([row.detected for row in rows]),
        mitigated=_percentiles([row.mitigated for row in rows]),
    )


def to_table(rows: Sequence[Drilled], say: Language = ENGLISH) -> str:
    """The rows as Markdown, newest first; each run is a link to its incident document beside the page."""
    headings = [name if name.isupper() else say(f"head.{name}") for name in HEADINGS]
    linked = (replace(row, run=f"[{row.run}]({_document(row.run, say)})") for row in reversed(rows))
    return table(headings, (astuple(row) for row in linked))


def _document(run: str, say: Language) -> str:
    """Where a run's document lies, seen from a page in the same language."""
    return f"incidents/{run}/incident.md" if say.code == "en" else f"../incidents/{run}/{say.code}/incident.md"


def from_table(text: str) -> list[Drilled]:
    """The rows of a table, oldest first; lines that are no rows are passed over."""
    found = []
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if len(cells) == len(fields(Drilled)) and cells[0][:1].isdigit():
            row = Drilled(*cells)
            found.append(replace(row, run=_LINK.sub(r"\1", row.run)))
    return found[::-1]


def _seconds(value: float | None) -> str:
    return _NONE if value is None else f"{value:.1f} s"


def _percentiles(texts: list[str]) -> tuple[float, float] | None:
    known = [float(text.removesuffix(" s")) for text in texts if text != _NONE]
    if not known:
        return None
    return float(np.percentile(known, 50)), float(np.percentile(known, 95))
