"""The incident document: everything about one run, from its tape alone."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tocsin.model.hypothesis import Playbook
from tocsin.model.run import RunMeta
from tocsin.model.verdict import Stamps
from tocsin.retro.belief import grade
from tocsin.retro.charts import charts
from tocsin.retro.effects import effects
from tocsin.retro.followups import action_items
from tocsin.retro.gap import detection_gap, page_steps
from tocsin.retro.impact import impacts, requests_during
from tocsin.retro.lanes import lanes
from tocsin.retro.language import ENGLISH, Language
from tocsin.retro.lessons import Material, lessons
from tocsin.retro.phases import PhaseSpan, durations, incident_phases
from tocsin.retro.predictions import compare
from tocsin.retro.rendering import render
from tocsin.retro.resources import resource_use
from tocsin.retro.scale import Stretches, scale_decisions
from tocsin.retro.score import Twin, scores
from tocsin.retro.score.run import Played
from tocsin.retro.severities import severities
from tocsin.retro.spread import crossings
from tocsin.retro.thresholds import thresholds
from tocsin.retro.timeline import timeline
from tocsin.retro.written import Picture, Rendered, write_files
from tocsin.tape.fold import fold
from tocsin.tape.state import RunState
from tocsin.tape.store import TapeReader

DOCUMENT = "incident.md"


def write_incident(reader: TapeReader, folder: Path, template: Path) -> Path:
    """Write the document in English and its pictures into ``folder`` and return the document's path.

    The same tape and template give the same bytes. Each file is replaced in one step, so that a reader never sees
    half a document.

    Raises:
        BadInput: when the tape is broken or the template does not render.
    """
    return write_files(render_incident(reader, template), folder)


def render_incident(reader: TapeReader, template: Path, say: Language = ENGLISH, twin: Twin | None = None) -> Rendered:
    """The document and its pictures; a ``twin`` shows what doing nothing costs.

    Raises:
        BadInput: when the tape is broken or the template does not render.
    """
    context = _context(reader, say, twin)
    return Rendered(DOCUMENT, render(template, context), list(context["pictures"].values()))


def _context(reader: TapeReader, say: Language, twin: Twin | None) -> dict[str, Any]:
    meta, events = reader.meta, reader.events()
    state = fold(meta, events)
    window = reader.window()
    end = reader.last_t
    phases = incident_phases(state, end)
    stretches = stretches_of(state, end)
    graded = grade(state)
    uses = resource_use(meta, window, stretches.healthy, stretches.incident)
    hit = impacts(meta.slos.slos, window, _with_first_bad_second(phases, state), stretches.healthy)
    compared = compare(state.actions)
    done = effects(state, meta.slos.slos, window, say)
    material = Material(meta, state, hit, graded, compared, done, say)
    drawn = {"lanes.svg": lanes(state, graded, end, say)} | charts(meta, state, window, say)
    pictures = [Picture(name, say(f"caption.{name}"), svg) for name, svg in drawn.items() if svg is not None]
    return {
        "say": say,
        "meta": meta,
        "state": state,
        "end": end,
        "utc": lambda t: datetime.fromtimestamp(meta.started + t, UTC).strftime("%H:%M:%S"),
        "started": datetime.fromtimestamp(meta.started, UTC),
        "lines": timeline(meta, state, events, say),
        "stamps": [(name, getattr(state.stamps, name), say(f"stamp.{name}")) for name in Stamps.model_fields],
        "durations": durations(state.stamps),
        "phases": phases,
        "impacts": hit,
        "requests": requests_during(window, phases),
        "severities": severities(state, end),
        "review_by": _review_by(meta, state),
        "gap": detection_gap(meta, state, say),
        "pages": [(breach, page_steps(meta, state, breach, say)) for breach in state.breaches],
        "spread": crossings(meta, window, stretches.healthy, state.stamps.injected, _before_anybody_acted(state, end)),
        "thresholds": thresholds(meta, window, stretches.healthy),
        "effects": {one.action.id: one for one in done},
        "playbook": _playbook(meta, graded.cause if graded else None),
        "graded": graded,
        "chosen": _chosen_list(state),
        "compared": compared,
        "decisions": scale_decisions(meta, window, stretches, uses, say),
        "uses": uses,
        "people": list(dict.fromkeys(f"{one.who} ({one.role})" for one in state.people.present)),
        "scores": scores(Played(meta, state, events, window, end, done, twin, say)),
        "lessons": lessons(material),
        "items": action_items(material),
        "pictures": {picture.name: picture for picture in pictures},
    }


def _before_anybody_acted(state: RunState, end: float) -> float:
    """Until when what is seen is the fault's doing alone."""
    ends = (state.stamps.first_action, state.stamps.mitigated, state.stamps.fault_removed)
    return min((t for t in ends if t is not None), default=end)


def _review_by(meta: RunMeta, state: RunState) -> str:
    """When the review is due: three days after a SEV1, five after anything milder."""
    days = 3 if state.declared is not None and state.declared.severity == "SEV1" else 5
    return datetime.fromtimestamp(meta.started + days * 86400.0, UTC).strftime("%Y-%m-%d")


def _playbook(meta: RunMeta, cause: str | None) -> Playbook | None:
    return next((one for one in meta.playbooks if one.cause == cause), None)


def _with_first_bad_second(phases: list[PhaseSpan], state: RunState) -> list[PhaseSpan]:
    """The phases, the first from the first bad second on: bad events are counted where the samples have them."""
    if not phases:
        return phases
    start = min(phases[0].start, state.felt.impact if state.felt is not None else phases[0].start)
    return [replace(phases[0], start=start), *phases[1:]]


def stretches_of(state: RunState, end: float) -> Stretches:
    """Healthy: the steady seconds. Incident: from the impact to the mitigation (or the removal of the fault)."""
    steady = state.steady if state.steady is not None else end
    begun = state.stamps.impact if state.stamps.impact is not None else state.stamps.injected
    over = next((t for t in (state.stamps.mitigated, state.stamps.fault_removed) if t is not None), end)
    start = steady if begun is None else begun
    return Stretches((steady - state.steady_for, steady), (start, max(over, start + 1.0)))


def _chosen_list(state: RunState) -> list[Any]:
    """The ranked list that stood when the hypothesis acted on was chosen, else the newest."""
    moment = state.stamps.classified
    before = [ranked for t, ranked in state.hypotheses if moment is None or t <= moment]
    return list(before[-1]) if before else []
