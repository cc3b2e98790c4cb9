"""Samples gathered in memory, cheap to look at every second: for the live run, and for reading a tape."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from tocsin.model.window import Array, RawSeries, SampleWindow

_FIRST_CAPACITY = 64


class SampleLike(Protocol):
    """What a sample must have to be gathered."""

    @property
    def signal(self) -> str: ...  # noqa: D102
    @property
    def entity(self) -> str: ...  # noqa: D102
    @property
    def labels(self) -> Mapping[str, str]: ...  # noqa: D102
    @property
    def t(self) -> float: ...  # noqa: D102
    @property
    def value(self) -> float: ...  # noqa: D102


@dataclass
class _Growing:
    """One series as arrays that double when they are full."""

    entity: str
    t: Array = field(default_factory=lambda: np.empty(_FIRST_CAPACITY))
    v: Array = field(default_factory=lambda: np.empty(_FIRST_CAPACITY))
    size: int = 0

    def add(self, t: float, value: float) -> None:
        if self.size and t <= self.t[self.size - 1]:
            return  # seen before: polls overlap
        if self.size == self.t.size:
            self.t, self.v = np.resize(self.t, 2 * self.size), np.resize(self.v, 2 * self.size)
        self.t[self.size], self.v[self.size] = t, value
        self.size += 1

    def raw(self) -> RawSeries:
        return RawSeries(self.entity, self.t[: self.size], self.v[: self.size])


class LiveWindow:
    """Gathers samples in time order per series."""

    def __init__(self) -> None:
        self._series: dict[str, dict[tuple[str, str], _Growing]] = {}

    def add(self, rows: Iterable[SampleLike]) -> None:
        """Take samples in; of one series they must come in time order, repetitions are passed over."""
        for row in rows:
            group = self._series.setdefault(row.signal, {})
            key = (row.entity, str(sorted(row.labels.items())))
            found = group.get(key)
            if found is None:
                found = group[key] = _Growing(row.entity)
            found.add(row.t, row.value)

    def window(self, start: int, end: int) -> SampleWindow:
        """What is known on the grid of whole seconds ``start .. end``."""
        series = {part: [one.raw() for one in group.values()] for part, group in self._series.items()}
        return SampleWindow(start, max(start, end), series)
