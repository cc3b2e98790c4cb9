"""The living runbook page of a fault: made from its playbook once, kept up to date by every run."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tocsin.model.hypothesis import Playbook, RemedyStep
from tocsin.model.run import RunMeta
from tocsin.model.window import SampleWindow
from tocsin.retro.blocks import read_block, write_block
from tocsin.retro.document import replace_file, stretches_of
from tocsin.retro.effects import Effect, effects
from tocsin.retro.followups import in_place
from tocsin.retro.history import Drilled, Standing, add, from_table, standing, to_table
from tocsin.retro.impact import impacts
from tocsin.retro.phases import incident_phases
from tocsin.retro.predictions import Compared, compare
from tocsin.retro.rendering import figure, render, secs, share, table
from tocsin.retro.resources import resource_use
from tocsin.retro.scale import scale_decisions
from tocsin.tape.fold import RunState, fold
from tocsin.tape.store import TapeReader

_TIMES = ("effect_seconds", "lag_drain_seconds")
"""Figures of a remedy that say how long its effect took, the more telling first."""


@dataclass(frozen=True)
class Step:
    """One remedy of the playbook as the page shows it, with the service at fault filled in."""

    remedy: RemedyStep
    target: str
    command: str
    undo: str


def update_runbook(reader: TapeReader, page: Path, template: Path) -> Path:
    """Bring a fault's page up to date with a run; doing it again with the same run changes nothing.

    Only the marked blocks are Tocsin's; whatever people wrote around them stays.

    Raises:
        BadInput: when the tape is broken or the template does not render.
    """
    meta = reader.meta
    state = fold(meta, reader.events())
    text = page.read_text(encoding="utf-8") if page.exists() else render(template, _context(meta, state, page.stem))
    rows = add(from_table(read_block(text, "drills") or ""), Drilled.of(meta, state))
    blocks = {"last-drilled": _last_line(rows[-1], standing(rows)), "drills": to_table(rows)}
    if rows[-1].run == meta.run:
        blocks |= _of_last_run(meta, state, reader.window(), reader.last_t)
    for name, content in blocks.items():
        text = write_block(text, name, content)
    page.parent.mkdir(parents=True, exist_ok=True)
    replace_file(page, text)
    return page


def _of_last_run(meta: RunMeta, state: RunState, window: SampleWindow, end: float) -> dict[str, str]:
    """The blocks that speak of the newest run only, by name."""
    return {
        "triggered": _triggered(state),
        "felt": _felt(meta, state, window, end),
        "effects": _effects(effects(state, meta.slos.slos, window), compare(state.actions)),
        "scale": _scale(meta, state, window, end),
    }


def _context(meta: RunMeta, state: RunState, fault: str) -> dict[str, Any]:
    injection = next((one for one in state.injections if one.fault == fault), None)
    cause = injection.cause if injection else fault
    playbook: Playbook | None = next((one for one in meta.playbooks if one.cause == cause), None)
    return {
        "fault": fault,
        "meta": meta,
        "playbook": playbook,
        "steps": [_step(one, injection.target if injection else "{target}") for one in playbook.remedies]
        if playbook
        else [],
        "prevent": [(one, in_place(one, meta)) for one in playbook.prevent] if playbook else [],
    }


def _step(remedy: RemedyStep, target: str) -> Step:
    command, undo = (text.replace("{target}", target) for text in (remedy.command, remedy.undo))
    return Step(remedy, remedy.target.replace("{target}", target), command, undo)


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


def _felt(meta: RunMeta, state: RunState, window: SampleWindow, end: float) -> str:
    """What the last run cost users, by SLO."""
    phases = incident_phases(state, end)
    hit = [one for one in impacts(meta.slos.slos, window, phases, stretches_of(state, end).healthy) if one.bad_seconds]
    if not hit:
        return "In the last drill no objective was over its budget."
    rows = (
        (one.slo.title, f"{one.bad:.0f} of {one.total:.0f}", share(one.share), f"{one.bad_seconds} s") for one in hit
    )
    return "In the last drill:\n\n" + table(("objective", "bad events", "bad share", "over budget for"), rows)


def _effects(done: list[Effect], compared: list[Compared]) -> str:
    if not done:
        return "No remedy was carried out in the last run."
    summary = table(
        ("remedy", "done in", "time to effect, predicted", "time to effect, measured", "outcome"),
        (
            (
                f"{one.action.remedy} of {one.action.target}",
                secs(None if one.action.done is None else one.action.done - one.action.at),
                *_time_to_effect(one.action.id, compared),
                one.text.removeprefix(f"{one.action.remedy} of {one.action.target} ") + _price(one),
            )
            for one in done
        ),
    )
    figures = table(
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
    return f"{summary}\n\n{figures}" if compared else summary


def _price(effect: Effect) -> str:
    return f"; {effect.price}" if effect.price else ""


def _time_to_effect(action: str, compared: list[Compared]) -> tuple[str, str]:
    """(predicted, measured), in seconds after the remedy was done."""
    own = {one.name: one for one in compared if one.action == action}
    found = next((own[name] for name in _TIMES if name in own), None)
    return (secs(found.predicted), secs(found.measured)) if found else (secs(None), secs(None))


def _scale(meta: RunMeta, state: RunState, window: SampleWindow, end: float) -> str:
    """Scale out, scale up, or neither, with the figures of the last run."""
    stretches = stretches_of(state, end)
    uses = resource_use(meta, window, stretches.healthy, stretches.incident)
    decisions = scale_decisions(meta, window, stretches, uses)
    if not decisions:
        return "Nothing was measured that a decision could rest on."
    return table(
        ("service", "decision", "why", "figures"),
        (
            (
                one.service,
                one.verdict,
                one.reason,
                "; ".join(f"{ground.what}: {ground.result}" for ground in one.grounds),
            )
            for one in decisions
        ),
    )
