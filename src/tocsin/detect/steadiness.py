"""Why the last seconds were not steady: the gate before anything is broken."""

from collections.abc import Mapping

import numpy as np

from tocsin.detect.judge import paging
from tocsin.detect.silence import SilenceTrack, silences
from tocsin.detect.track import Track, tracks
from tocsin.model.signal import Signal
from tocsin.model.slo import SloFile
from tocsin.model.window import SampleWindow

KNOWN_SHARE = 0.9
"""Share of the stretch's seconds that must be known."""


def steady(slo_file: SloFile, signals: Mapping[str, Signal], window: SampleWindow, seconds: float) -> list[str]:
    """Reasons why the last ``seconds`` were not steady; empty when they were.

    Steady means: there are that many seconds of data, at least 90 % of them known for every SLO; each SLO's bad
    share over the whole stretch is within its budget and its page was never active in it; no silence rule was
    broken in it; and there was some traffic.
    """
    length = round(seconds)
    if window.end - window.start < length:
        return [f"only {window.end - window.start} s of data, {length} s are needed"]
    start = window.end - length
    by_slo = tracks(slo_file, window)
    reasons = [reason for track in by_slo.values() for reason in _slo_reasons(track, start)]
    reasons += [reason for quiet in silences(slo_file, signals, window) for reason in _silence_reasons(quiet, start)]
    if by_slo and not reasons and not any(np.nansum(t.total[start - t.start :]) > 0 for t in by_slo.values()):
        reasons.append("no traffic: not one event of any SLO")
    return reasons


def _slo_reasons(track: Track, start: int) -> list[str]:
    stretch = track.between(start, track.start + track.bad.size)
    known = float(stretch.known.mean())
    if known < KNOWN_SHARE:
        return [f"{track.name}: data for only {known:.0%} of the last {stretch.bad.size} s"]
    share, budget = stretch.share(), track.slo.budget
    if share > budget:
        return [f"{track.name}: {share:.1%} bad, the budget is {budget:.1%}"]
    paged = int(paging(track)[start - track.start :].sum())
    return [f"{track.name}: paged for {paged} of the last {stretch.bad.size} s"] if paged else []


def _silence_reasons(track: SilenceTrack, start: int) -> list[str]:
    quiet = {entity: int(flags[start - track.start :].sum()) for entity, flags in track.silent.items()}
    return [f"{track.name}: {entity or 'all traffic'} silent for {n} s" for entity, n in sorted(quiet.items()) if n]
