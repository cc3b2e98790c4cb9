"""From a track to a breach: the first moment, which rule it was, and since when it had been so."""

from collections.abc import Mapping
from math import ceil

import numpy as np

from tocsin.detect.cusum import FIRE_ABOVE, cusum, hypotheses
from tocsin.detect.queries import goodput_query, slo_query
from tocsin.detect.ratio import LASTING, OVER, ratio_runs
from tocsin.detect.severity import RECENT, severity
from tocsin.detect.silence import SilenceTrack
from tocsin.detect.track import Flags, Track
from tocsin.model.signal import Signal
from tocsin.model.slo import Breach, Goodput, Stalled, TargetAbsent
from tocsin.model.window import Array


def paging(track: Track) -> Flags:
    """True in every second in which the SLO's page is active (either rule)."""
    active: Flags = (_cusum(track) > FIRE_ABOVE) | (ratio_runs(track) >= LASTING)
    return active


def slo_breach(track: Track, signals: Mapping[str, Signal], since: float, at: float) -> Breach | None:
    """The first page of an SLO from ``since`` on; nothing that happened earlier is held against it."""
    rest = track.between(ceil(since), track.start + track.bad.size)
    sums, lasting = _cusum(rest), ratio_runs(rest)
    fired = np.flatnonzero((sums > FIRE_ABOVE) | (lasting >= LASTING))
    if not fired.size:
        return None
    tip = int(fired[0])
    p0, p1 = hypotheses(track.slo.budget)
    by_sum = bool(sums[tip] > FIRE_ABOVE)
    share = float(rest.shares(RECENT)[tip])
    return Breach(
        slo=track.name,
        at=at,
        second=float(rest.start + tip),
        impact=float(rest.start + _impact(rest, tip)),
        rule="cusum" if by_sum else "ratio",
        query=slo_query(track.slo, signals, RECENT),
        value=share,
        threshold=track.slo.budget,
        severity=severity(share),
        bad_share=min(1.0, max(0.0, share)),
        detail=f"CUSUM {sums[tip]:.1f} over {FIRE_ABOVE:g} (weighing {p0:.3g} bad against {p1:.3g})"
        if by_sum
        else f"{OVER} s ratio over {track.slo.budget:.3g} for {lasting[tip]:.0f} s",
    )


def silence_breach(track: SilenceTrack, signals: Mapping[str, Signal], since: float, at: float) -> Breach | None:
    """The first breach of a silence rule from ``since`` on."""
    broken = track.any_silent
    fired = np.flatnonzero(broken & (track.start + np.arange(broken.size) >= since))
    if not fired.size:
        return None
    tip = int(fired[0])
    entities = track.silent_at(track.start + tip)
    longest = max(entities, key=lambda entity: float(track.quiet[entity][tip]))
    quiet = float(track.quiet[longest][tip])
    value, threshold, query, detail = _figures(track, signals, longest, tip)
    lost = min(1.0, max(0.0, _lost(track, entities, value)))
    return Breach(
        slo=track.name,
        at=at,
        second=float(track.start + tip),
        impact=max(float(track.start + tip) - quiet + 1.0, float(ceil(since))),
        rule=track.rule.rule,
        query=query,
        value=value,
        threshold=threshold,
        severity=severity(lost),
        bad_share=lost,
        entity=", ".join(entities),
        detail=f"{detail} for {quiet:.0f} s",
    )


def _cusum(track: Track) -> Array:
    return cusum(track.bad, track.total, track.slo.budget)


def _impact(track: Track, tip: int) -> int:
    """First second over the budget in the bout that led to ``tip``.

    The bout reaches back for as long as the 5 s ratio had been over the budget without a break; its first second
    over the budget may lie up to four seconds before that ratio rose. A lone noisy second earlier on does not count.
    """
    ratios, over = track.shares(OVER), track.over
    first = tip
    while first > 0 and not ratios[first - 1] <= track.slo.budget:
        first -= 1
    candidates = np.flatnonzero(over[max(first - OVER + 1, 0) : tip + 1] == 1.0)
    return max(first - OVER + 1, 0) + int(candidates[0]) if candidates.size else tip


def _figures(
    track: SilenceTrack, signals: Mapping[str, Signal], entity: str, tip: int
) -> tuple[float, float, str, str]:
    """Value, threshold, query and words for what is quiet."""
    rule, value = track.rule, float(np.nan_to_num(track.value[entity][tip]))
    if isinstance(rule, TargetAbsent):
        return value, 1.0, signals[rule.signal].promql(entity=entity), f"{entity} answers no scrape"
    if isinstance(rule, Goodput):
        return value, rule.share, goodput_query(rule, signals), f"{value:.0%} of the arrivals completed well"
    query = signals[rule.lag].promql(entity=entity)
    return value, rule.at_least, query, f"{entity}: no progress with {value:.0f} records waiting"


def _lost(track: SilenceTrack, silent: list[str], value: float) -> float:
    """Share that is lost: of goodput, of the replicas of the worst hit service, or of the partitions."""
    if isinstance(track.rule, Goodput):
        return 1.0 - value
    if isinstance(track.rule, Stalled):
        return len(silent) / len(track.silent)
    services = {_service(entity) for entity in silent}
    return max(
        sum(_service(entity) == service for entity in silent)
        / sum(_service(entity) == service for entity in track.silent)
        for service in services
    )


def _service(entity: str) -> str:
    name, _, number = entity.rpartition("-")
    return name if number.isdigit() and name else entity
