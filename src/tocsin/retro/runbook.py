"""The living runbook page of a fault: made from its playbook once, kept up to date by every run."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tocsin.model.hypothesis import Playbook, RemedyStep
from tocsin.model.run import RunMeta
from tocsin.model.window import SampleWindow
from tocsin.retro.blocks import read_block, write_block
from tocsin.retro.document import stretches_of
from tocsin.retro.effects import Effect, effects
from tocsin.retro.followups import in_place
from tocsin.retro.history import Drilled, Standing, add, from_table, standing, to_table
from tocsin.retro.impact import impacts
from tocsin.retro.language import ENGLISH, Language
from tocsin.retro.language.prose import Prose
from tocsin.retro.phases import incident_phases
from tocsin.retro.predictions import Compared, compare
from tocsin.retro.rendering import figure, render, share, table
from tocsin.retro.resources import resource_use
from tocsin.retro.scale import scale_decisions
from tocsin.retro.written import replace_file
from tocsin.tape.fold import fold
from tocsin.tape.state import RunState
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


def update_runbook(reader: TapeReader, page: Path, template: Path, say: Language = ENGLISH) -> Path:
    """Bring a fault's page up to date with a run; doing it again with the same run changes nothing.

    Only the marked blocks are Tocsin's; whatever people wrote around them stays.

    Raises:
        BadInput: when the tape is broken or the template does not render.
    """
    meta = reader.meta
    state = fold(meta, reader.events())
    context = _context(meta, state, page.stem) | {"say": say}
    text = page.read_text(encoding="utf-8") if page.exists() else render(template, context)
    rows = add(from_table(read_block(text, "drills") or ""), Drilled.of(meta, state))
    blocks = {"last-drilled": _last_line(rows[-1], standing(rows), say), "drills": to_table(rows, say)}
    if rows[-1].run == meta.run:
        blocks |= _of_last_run(
            _Run(meta, state, reader.window(), reader.last_t), say, Prose.of(template.parent, say.code)
        )
    for name, content in blocks.items():
        text = write_block(text, name, content)
    page.parent.mkdir(parents=True, exist_ok=True)
    replace_file(page, text)
    return page


@dataclass(frozen=True)
class _Run:
    """A run as the page needs it; ``end`` in seconds since its start."""

    meta: RunMeta
    state: RunState
    window: SampleWindow
    end: float


def _of_last_run(run: _Run, say: Language, own: Prose) -> dict[str, str]:
    """The blocks that speak of the newest run only, by name."""
    done = effects(run.state, run.meta.slos.slos, run.window, say)
    return {
        "triggered": _triggered(run.state, say),
        "felt": _felt(run, say, own),
        "effects": _effects(done, compare(run.state.actions), say),
        "scale": _scale(run, say),
    }


def _heads(say: Language, *names: str) -> list[str]:
    return [say(f"head.{name}") for name in names]


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


def _last_line(row: Drilled, now: Standing, say: Language) -> str:
    return say(
        "runbook.last",
        date=row.date, run=row.run, commit=row.commit, seed=row.seed, verdict=row.verdict,
        runs=say("runbook.run" if now.runs == 1 else "runbook.runs", count=now.runs), held=now.held,
        detected=_both(now.detected, say), mitigated=_both(now.mitigated, say),
    )  # fmt: skip


def _both(pair: tuple[float, float] | None, say: Language) -> str:
    return say("unknown_time") if pair is None else say("runbook.both", middle=pair[0], high=pair[1])


def _triggered(state: RunState, say: Language) -> str:
    if not state.breaches:
        return say("runbook.no_breach")
    impact = state.stamps.impact
    return table(
        _heads(say, "breach", "severity", "rule", "value", "threshold", "after_impact", "query"),
        (
            (
                one.slo,
                one.severity,
                one.rule,
                figure(one.value),
                figure(one.threshold),
                say.seconds(one.at - impact if impact is not None else None),
                f"`{one.query}`",
            )
            for one in state.breaches
        ),
    )


def _felt(run: _Run, say: Language, own: Prose) -> str:
    """What the last run cost users, by SLO."""
    phases = incident_phases(run.state, run.end)
    healthy = stretches_of(run.state, run.end).healthy
    hit = [one for one in impacts(run.meta.slos.slos, run.window, phases, healthy) if one.bad_seconds]
    if not hit:
        return say("runbook.no_harm")
    rows = (
        (
            own(one.slo.title),
            say("runbook.of", bad=one.bad, total=one.total),
            share(one.share),
            say("runbook.over_for", seconds=one.bad_seconds),
        )
        for one in hit
    )
    return f"{say('runbook.in_last')}\n\n" + table(_heads(say, "objective", "bad", "share", "over"), rows)


def _effects(done: list[Effect], compared: list[Compared], say: Language) -> str:
    if not done:
        return say("runbook.no_remedy")
    summary = table(
        _heads(say, "remedy", "done_in", "effect_predicted", "effect_measured", "outcome"),
        (
            (
                say("remedy", remedy=one.action.remedy, target=one.action.target),
                say.seconds(None if one.action.done is None else one.action.done - one.action.at),
                *map(say.seconds, _time_to_effect(one.action.id, compared)),
                one.result + (f"; {one.price}" if one.price else ""),
            )
            for one in done
        ),
    )
    figures = table(
        _heads(say, "remedy", "figure", "before", "predicted", "measured", "error"),
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


def _time_to_effect(action: str, compared: list[Compared]) -> tuple[float | None, float | None]:
    """(predicted, measured), in seconds after the remedy was done."""
    own = {one.name: one for one in compared if one.action == action}
    found = next((own[name] for name in _TIMES if name in own), None)
    return (found.predicted, found.measured) if found else (None, None)


def _scale(run: _Run, say: Language) -> str:
    """Scale out, scale up, or neither, with the figures of the last run."""
    stretches = stretches_of(run.state, run.end)
    uses = resource_use(run.meta, run.window, stretches.healthy, stretches.incident)
    decisions = scale_decisions(run.meta, run.window, stretches, uses, say)
    if not decisions:
        return say("runbook.no_scale")
    return table(
        _heads(say, "service", "decision", "why", "figures"),
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
