"""One run of a comparison, and whether runs may be compared at all."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tocsin.errors import BadInput
from tocsin.model.run import RunMeta
from tocsin.model.window import SampleWindow
from tocsin.tape.fold import fold
from tocsin.tape.state import RunState
from tocsin.tape.store import TapeReader

ASIDE = ("monitoring", "proxy")
"""Components that are not part of the system that is compared."""
PLAIN = "as it is"
"""The label of a run without a variant."""


@dataclass(frozen=True)
class Side:
    """One run: its label, its tape's meta and state, and its samples; seconds of load count from ``begun``."""

    label: str
    meta: RunMeta
    state: RunState
    window: SampleWindow
    begun: int
    seconds: int

    @property
    def stretch(self) -> tuple[float, float]:
        """The seconds of the run in which there was load."""
        return float(self.begun), float(self.begun + self.seconds)

    @property
    def changes(self) -> list[str]:
        """What the variant has otherwise than the drill, in words; empty for nothing."""
        variant = self.meta.drill.variants[self.meta.variant] if self.meta.variant else None
        if variant is None:
            return []
        return [
            *(f"{count} {service}" for service, count in variant.stack_scale.items()),
            *(f"{service} {cores:g} planned cores" for service, cores in variant.stack_cpus.items()),
            *(f"{service} {key}={value}" for service, own in variant.settings.items() for key, value in own.items()),
            *(f"{name} {'on' if value else 'off'}" for name, value in variant.flags.items()),
        ]


def sides(readers: Sequence[TapeReader]) -> list[Side]:
    """The runs as sides with labels of their own: the variant, and the run where two have the same.

    Raises:
        BadInput: when there are fewer than two, one has no load on its tape, or a tape is broken.
    """
    if len(readers) < 2:
        raise BadInput("a comparison needs at least two runs", hint="`tocsin list runs` shows them.")
    labels = [reader.meta.variant or PLAIN for reader in readers]
    unique = [
        f"{label} ({reader.meta.run})" if labels.count(label) > 1 else label
        for label, reader in zip(labels, readers, strict=True)
    ]
    return [side_of(label, reader) for label, reader in zip(unique, readers, strict=True)]


def differences(of: Sequence[Side]) -> list[str]:
    """What the runs differ in beyond their variant, so that a difference may not be the variant's; empty is good."""
    described = [_described(side) for side in of]
    return [name for name in described[0] if any(one[name] != described[0][name] for one in described[1:])]


def _described(side: Side) -> dict[str, object]:
    meta = side.meta
    return {
        "drill": meta.drill_name,
        "seed": meta.seed,
        "load": meta.drill.load,
        "faults": meta.drill.faults,
        "backend": meta.backend,
        "machine": meta.machine,
        "version of the workspace": meta.commit,
    }


def busy_seconds(window: SampleWindow) -> NDArray[np.intp]:
    """The seconds, counted from the window's start, in which requests were scheduled."""
    if "load_scheduled" not in window.series:
        return np.zeros(0, dtype=np.intp)
    return np.flatnonzero(np.nan_to_num(window.total("load_scheduled")) > 0)


def side_of(label: str, reader: TapeReader) -> Side:
    """The run on a tape.

    Raises:
        BadInput: when there is no load on it, or it is broken.
    """
    window = reader.window()
    busy = busy_seconds(window)
    if not busy.size:
        raise BadInput(f"{reader.meta.run} has no load on its tape, so it cannot be compared")
    begun = window.start + int(busy[0])
    state = fold(reader.meta, reader.events())
    return Side(label, reader.meta, state, window, begun, int(busy[-1] - busy[0]) + 1)
