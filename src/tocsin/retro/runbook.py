"""The living runbook page of a fault: made from its playbook once, kept up to date by every run."""

from pathlib import Path
from typing import Any

from tocsin.model.hypothesis import Playbook
from tocsin.model.run import RunMeta
from tocsin.retro.blocks import read_block, write_block
from tocsin.retro.document import replace_file
from tocsin.retro.history import Drilled, Standing, add, from_table, standing, to_table
from tocsin.retro.predictions import Compared, compare
from tocsin.retro.rendering import figure, render, secs, table
from tocsin.tape.fold import RunState, fold
from tocsin.tape.store import TapeReader

_LAST, _TRIGGERED, _EFFECTS, _DRILLS = "last-drilled", "triggered", "effects", "drills"


def update_runbook(reader: TapeReader, page: Path, template: Path) -> Path:
    """Bring a fault's page up to date with a run; doing it again with the same run changes nothing.

    Only the marked blocks are Tocsin's; whatever people wrote around them stays.

    Raises:
        BadInput: when the tape is broken or the template does not render.
    """
    meta = reader.meta
    state = fold(meta, reader.events())
    text = page.read_text(encoding="utf-8") if page.exists() else render(template, _context(meta, state, page.stem))
    rows = add(from_table(read_block(text, _DRILLS) or ""), Drilled.of(meta, state))
    newest = rows[-1].run == meta.run
    blocks = {_LAST: _last_line(rows[-1], standing(rows)), _DRILLS: to_table(rows)}
    if newest:
        blocks |= {_TRIGGERED: _triggered(state), _EFFECTS: _effects(compare(state.actions))}
    for name, content in blocks.items():
        text = write_block(text, name, content)
    page.parent.mkdir(parents=True, exist_ok=True)
    replace_file(page, text)
    return page


def _context(meta: RunMeta, state: RunState, fault: str) -> dict[str, Any]:
    cause = next((one.cause for one in state.injections if one.fault == fault), fault)
    playbook: Playbook | None = next((one for one in meta.playbooks if one.cause == cause), None)
    return {"fault": fault, "meta": meta, "playbook": playbook}


def _last_line(row: Drilled, now: Standing) -> str:
    return (
        f"**Last drilled:** {row.date}, run `{row.run}`, commit {row.commit}, seed {row.seed}: **{row.verdict}**. "
        f"{now.runs} {'run' if now.runs == 1 else 'runs'} on record, {now.held:.0%} held; "
        f"TTD {_both(now.detected)}, TTM {_both(now.mitigated)} (p50 / p95)."
    )


def _both(pair: tuple[float, float] | None) -> str:
    return "not measured" if pair is None else f"{pair[0]:.1f} s / {pair[1]:.1f} s"


def _triggered(state: RunState) -> str:
    if not state.breaches:
        return "No breach in the last run."
    impact = state.stamps.impact
    return table(
        ("breach", "severity", "rule", "value", "threshold", "seconds after impact", "query"),
        (
            (
                one.slo,
                one.severity,
                one.rule,
                figure(one.value),
                figure(one.threshold),
                secs(one.at - impact if impact is not None else None),
                f"`{one.query}`",
            )
            for one in state.breaches
        ),
    )


def _effects(compared: list[Compared]) -> str:
    if not compared:
        return "No remedy was carried out in the last run."
    return table(
        ("remedy", "figure", "before", "predicted", "measured", "error"),
        (
            (
                one.remedy,
                one.name,
                figure(one.before),
                figure(one.predicted),
                figure(one.measured),
                "–" if one.error is None else f"{one.error:+.0%}",
            )
            for one in compared
        ),
    )
