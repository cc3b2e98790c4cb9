"""Silence is a signal: targets that answer no scrape, goodput that stays away, consumers that stand still."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil

import numpy as np

from tocsin.detect.track import Flags, runs
from tocsin.model.signal import Signal
from tocsin.model.slo import Goodput, Silence, SloFile, Stalled, TargetAbsent
from tocsin.model.window import Array, SampleWindow


@dataclass(frozen=True)
class SilenceTrack:
    """One silence rule by the second and entity: for how long it has been quiet, and whether that is a breach.

    ``quiet`` counts seconds in a row, ``silent`` is True where the rule is broken, ``value`` is what is compared
    with the rule's threshold. The goodput rule speaks of all traffic: its one entity is the empty text.
    """

    name: str
    rule: Silence
    start: int
    quiet: Mapping[str, Array]
    silent: Mapping[str, Flags]
    value: Mapping[str, Array]

    @property
    def any_silent(self) -> Flags:
        """True where any entity is silent, by second."""
        if not self.silent:
            return np.zeros(0, dtype=bool)
        together: Flags = np.any(np.vstack(list(self.silent.values())), axis=0)
        return together

    def silent_at(self, second: int) -> list[str]:
        """The entities that are silent in that second."""
        return sorted(entity for entity, flags in self.silent.items() if flags[second - self.start])


def silences(slo_file: SloFile, signals: Mapping[str, Signal], window: SampleWindow) -> list[SilenceTrack]:
    """Every silence rule of the file, read from the window."""
    return [_track(name, rule, signals, window) for name, rule in slo_file.silences.items()]


def _track(name: str, rule: Silence, signals: Mapping[str, Signal], window: SampleWindow) -> SilenceTrack:
    needed = max(ceil(rule.duration), 1)
    if isinstance(rule, TargetAbsent):
        flags, value = _absent(window.levels(rule.signal))
    elif isinstance(rule, Goodput):
        flags, value = _starved(rule, window)
    else:
        flags, value = _standing(rule, signals, window)
    quiet = {entity: runs(row) for entity, row in flags.items()}
    least = rule.at_least if isinstance(rule, Stalled) else -np.inf
    silent = {entity: (row >= needed) & ~(value[entity] <= least) for entity, row in quiet.items()}
    return SilenceTrack(name, rule, window.start, quiet, silent, value)


def _absent(levels: Mapping[str, Array]) -> tuple[dict[str, Array], Mapping[str, Array]]:
    """1 where an entity that was up before is down or missing; unknown where every entity is missing.

    When nothing at all is known of a signal, it is the measuring that failed, and not all targets at once.
    """
    if not levels:
        return {}, {}
    measured = np.isfinite(np.vstack(list(levels.values()))).any(axis=0)
    flags = {}
    for entity, level in levels.items():
        up = level > 0.5
        seen = np.maximum.accumulate(up) if up.size else up
        flags[entity] = np.where(measured, (seen & ~up).astype(np.float64), np.nan)
    return flags, {entity: np.nan_to_num(level) for entity, level in levels.items()}


def _starved(rule: Goodput, window: SampleWindow) -> tuple[dict[str, Array], dict[str, Array]]:
    """1 where fewer than ``share`` of a second's arrivals completed well; unknown where nothing was scheduled."""
    good, scheduled = window.total(rule.good), window.total(rule.scheduled)
    share = np.divide(good, scheduled, out=np.full(good.size, np.nan), where=scheduled > 0)
    flags = np.where(np.isnan(share), np.nan, (share < rule.share).astype(np.float64))
    return {"": flags}, {"": share}


def _standing(
    rule: Stalled, signals: Mapping[str, Signal], window: SampleWindow
) -> tuple[dict[str, Array], dict[str, Array]]:
    """1 where an entity made no progress in a second while work was waiting and did not get less.

    Burrow (the Kafka lag checker) calls this STALL: offsets identical with a lag. It counts as a breach only while
    the lag is above ``at_least``, so that an idle partition is not one.
    """
    progress, lags = _progress(rule, signals, window), window.levels(rule.lag)
    flags, value = {}, {}
    for entity in progress.keys() & lags.keys():
        done, lag = progress[entity], lags[entity]
        before = np.concatenate(([np.nan], lag[:-1]))
        known = np.isfinite(done) & np.isfinite(lag) & np.isfinite(before)
        still = (done <= 1e-6) & (lag > 0) & (lag >= before)
        flags[entity] = np.where(known, still.astype(np.float64), np.nan)
        value[entity] = lag
    return flags, value


def _progress(rule: Stalled, signals: Mapping[str, Signal], window: SampleWindow) -> dict[str, Array]:
    if signals[rule.progress].gauge is None:
        return window.increments(rule.progress)
    return {entity: np.diff(level, prepend=np.nan) for entity, level in window.levels(rule.progress).items()}
