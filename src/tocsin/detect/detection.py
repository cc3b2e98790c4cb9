"""The whole judgement on a window: breaches, how each SLO stands, and the textbook rule beside them."""

from collections.abc import Mapping
from dataclasses import dataclass

from tocsin.detect.judge import silence_breach, slo_breach
from tocsin.detect.met import SloState, state
from tocsin.detect.silence import silences
from tocsin.detect.textbook import BurnAlert, textbook
from tocsin.detect.track import tracks
from tocsin.model.signal import Signal
from tocsin.model.slo import Breach, SloFile
from tocsin.model.window import SampleWindow


@dataclass(frozen=True)
class Detection:
    """What the detectors say at the end of a window.

    ``breaches``: the first of each SLO and silence rule, in the order in which they tipped. ``states``: every SLO
    over the last 10 s. ``silent``: the entities that break a silence rule in the last second, by rule.
    """

    breaches: list[Breach]
    states: dict[str, SloState]
    silent: dict[str, list[str]]
    textbook: list[BurnAlert]


def detect(
    slo_file: SloFile, signals: Mapping[str, Signal], window: SampleWindow, *, since: float, at: float
) -> Detection:
    """Judge the window.

    Args:
        slo_file: the objectives and silence rules.
        signals: the signals they name.
        window: samples from the start of the run to the last complete second.
        since: seconds since the start; nothing earlier counts as a breach.
        at: the present moment, put down as ``at`` of each breach found.
    """
    by_slo = tracks(slo_file, window)
    quiet = silences(slo_file, signals, window)
    found = [slo_breach(track, signals, since, at) for track in by_slo.values()]
    found += [silence_breach(track, signals, since, at) for track in quiet]
    last = window.end - 1
    return Detection(
        breaches=sorted((breach for breach in found if breach), key=lambda breach: (breach.second, breach.slo)),
        states={name: state(track) for name, track in by_slo.items()},
        silent={track.name: track.silent_at(last) for track in quiet} if window.end > window.start else {},
        textbook=textbook(by_slo.values(), since),
    )
