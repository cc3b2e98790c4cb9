"""A twin: a run of the same drill with the same seed in which nobody responded. It shows what doing nothing costs."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tocsin.errors import BadInput
from tocsin.model.run import RunMeta
from tocsin.retro.score.harm import bad_seconds, stretch_of
from tocsin.tape.fold import fold
from tocsin.tape.store import TapeReader


@dataclass(frozen=True)
class Twin:
    """A run in which nobody responded: its id, and its customer minutes by SLO."""

    run: str
    minutes: dict[str, float]


def find_twin(reader: TapeReader, tapes: Iterable[Path]) -> Twin | None:
    """The first of ``tapes`` that is a twin of a run with a responder; one that cannot be read is none."""
    if reader.meta.responder == "none":
        return None
    for path in tapes:
        try:
            with TapeReader.open(path) as other:
                found = measure_twin(other) if is_twin(reader.meta, other.meta) else None
        except BadInput:
            continue
        if found is not None:
            return found
    return None


def is_twin(meta: RunMeta, other: RunMeta) -> bool:
    """True when ``other`` differs from a run in nothing but that nobody responded."""
    return (
        other.responder == "none"
        and other.run != meta.run
        and (other.drill_name, other.variant, other.stack, other.backend, other.seed)
        == (meta.drill_name, meta.variant, meta.stack, meta.backend, meta.seed)
        and (other.drill.load, other.drill.faults) == (meta.drill.load, meta.drill.faults)
        and other.limits == meta.limits
    )


def measure_twin(reader: TapeReader) -> Twin | None:
    """What doing nothing cost in a run; None when it was not held or missed, or users felt nothing in it.

    Raises:
        BadInput: when the tape is broken.
    """
    meta, events = reader.meta, reader.events()
    state = fold(meta, events)
    stretch = stretch_of(state, events, reader.last_t)
    if stretch is None or state.verdict not in ("held", "missed") or state.actions:
        return None
    shares = bad_seconds(meta.slos.slos, reader.window(), stretch.impact, stretch.over)
    return Twin(meta.run, {name: float(values.sum()) / 60.0 for name, values in shares.items()}) if shares else None
