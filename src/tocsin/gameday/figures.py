"""What a drill of a game day came to, read off its tape."""

from collections.abc import Iterable
from pathlib import Path

from tocsin.model.gameday import BudgetSpent, DrillEntry
from tocsin.retro.impact import impacts
from tocsin.retro.phases import incident_phases
from tocsin.retro.score import find_twin, score_run
from tocsin.tape.fold import fold
from tocsin.tape.state import RunState
from tocsin.tape.store import TapeReader


def outcome(entry: DrillEntry, tape: Path, others: Iterable[Path] = ()) -> DrillEntry:
    """The entry with verdict, stamps, budget, hints and score; a twin among ``others`` shows what doing nothing costs.

    Raises:
        BadInput: when the tape is broken.
    """
    with TapeReader.open(tape) as reader:
        state = fold(reader.meta, reader.events())
        scores = score_run(reader, twin=find_twin(reader, others))
        return entry.model_copy(
            update={
                "run": reader.meta.run,
                "verdict": state.verdict or "aborted",
                "reasons": state.reasons,
                "stamps": state.stamps,
                "budget": _budget(reader, state),
                "hints": len(state.people.hints),
                "score": scores[0].total if scores else None,
                "score_lines": [line for score in scores for line in score.lines],
            }
        )


def ended_by_itself(tape: Path) -> bool:
    """True when the run came to a verdict of its own: nobody had to undo it for a director that was gone."""
    with TapeReader.open(tape) as reader:
        state = fold(reader.meta, reader.events())
    return state.verdict is not None and state.aborted is None


def _budget(reader: TapeReader, state: RunState) -> list[BudgetSpent]:
    """What the incident cost by each SLO that lost anything, the worst hit first."""
    phases = incident_phases(state, reader.last_t)
    if state.steady is None or not phases:
        return []
    healthy = (state.steady - state.steady_for, state.steady)
    return [
        BudgetSpent(
            slo=one.name, bad=round(one.bad, 1), total=round(one.total, 1), seconds=round(one.budget_seconds, 1)
        )
        for one in impacts(reader.meta.slos.slos, reader.window(), phases, healthy)
        if one.bad > 0
    ]
