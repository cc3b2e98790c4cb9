"""Which of a stack's objectives concern a load: those about requests that it does not send are left out."""

import re
from collections.abc import Mapping, Sequence

from tocsin.model.signal import Signal
from tocsin.model.slo import BadOfTotal, SloFile

_MATCHER = re.compile(r'\brequest\s*(=~|=)\s*"([^"]*)"')


def concerning(slos: SloFile, signals: Mapping[str, Signal], requests: Sequence[str]) -> SloFile:
    """The objectives that a load which sends these requests can meet or miss; all, when it does not say which it sends.

    An objective speaks of certain requests when the selector of its total has a matcher on the label ``request``.
    """
    if not requests:
        return slos
    kept = {
        name: slo
        for name, slo in slos.slos.items()
        if not isinstance(slo.sli, BadOfTotal) or _speaks_of(signals[slo.sli.total], requests)
    }
    return slos.model_copy(update={"slos": kept})


def _speaks_of(signal: Signal, requests: Sequence[str]) -> bool:
    found = _MATCHER.search(signal.rate or "")
    if found is None:
        return True
    exact, text = found.group(1) == "=", found.group(2)
    return any(request == text if exact else re.fullmatch(text, request) for request in requests)
