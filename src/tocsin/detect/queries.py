"""The PromQL behind a breach, to be pasted by a person."""

from collections.abc import Mapping

from tocsin.model.signal import Signal
from tocsin.model.slo import BadOfTotal, Deadline, Goodput, Slo


def slo_query(slo: Slo, signals: Mapping[str, Signal], seconds: int = 5) -> str:
    """Bad share over the last ``seconds``, as Prometheus computes it."""
    sli = slo.sli
    if isinstance(sli, BadOfTotal):
        return f"{_rate(signals[sli.bad], seconds)} / {_rate(signals[sli.total], seconds)}"
    if isinstance(sli, Deadline):
        late = f"offset {round(sli.within * 1000)}ms"
        on_time, accepted = _rate(signals[sli.on_time], seconds), _rate(signals[sli.accepted], seconds, late)
        return f"1 - {on_time} / {accepted}"
    return f"1 - {_rate(signals[sli.good], seconds)} / {_rate(signals[sli.total], seconds)}"


def goodput_query(rule: Goodput, signals: Mapping[str, Signal]) -> str:
    """Share of the scheduled arrivals that completed well, over the rule's duration."""
    seconds = max(round(rule.duration), 2)
    return f"{_rate(signals[rule.good], seconds)} / {_rate(signals[rule.scheduled], seconds)}"


def _rate(signal: Signal, seconds: int, suffix: str = "") -> str:
    window = f"[{seconds}s] {suffix}".rstrip()
    return f"sum(rate({signal.selectors['value']}{window}))"
