"""The observations that speak most for a hypothesis, as a person can check them."""

from collections.abc import Mapping, Sequence

from tocsin.classify.facts import FACTS
from tocsin.classify.features import Feature
from tocsin.classify.likelihood import Expect, quiet, weigh
from tocsin.model.hypothesis import Evidence
from tocsin.model.signal import Signal

MOST = 6
"""Observations that are told."""


def evidence(features: Sequence[Feature], expect: Expect, signals: Mapping[str, Signal]) -> list[Evidence]:
    """What is out of the ordinary and likelier under the hypothesis than if nothing were wrong, strongest first."""
    speaking = [
        (weigh(feature, expect(feature)) - weigh(feature, quiet(feature)), feature)
        for feature in features
        if feature.anomalous > 0.5
    ]
    speaking.sort(key=lambda pair: (-pair[0], pair[1].where, pair[1].family))
    return [_evidence(feature, signals[feature.signal]) for weight, feature in speaking[:MOST] if weight > 0]


def _evidence(feature: Feature, signal: Signal) -> Evidence:
    score = feature.score
    return Evidence(
        text=_text(feature, signal),
        signal=feature.signal,
        entity=feature.entity,
        query=signal.promql(entity=feature.entity),
        value=score.value,
        baseline=score.baseline,
        score=score.z,
    )


def _text(feature: Feature, signal: Signal) -> str:
    who = f"{feature.where} ({feature.odd} of {feature.of} replicas)" if feature.of > 1 else feature.entity
    title = signal.title or feature.signal
    if feature.family in FACTS:
        told = {"value": _figure(feature.score.value), "healthy": _figure(feature.score.baseline)}
        return f"{who}: {_FACTS[feature.family].format(**told)}"
    unit = f" {signal.unit}" if signal.unit else ""
    score = feature.score
    return f"{who}: {title} {_figure(score.value)}{unit}, healthy {_figure(score.baseline)}{unit} (z {score.z:.0f})"


_FACTS = {
    "unresponsive": "answers no scrape",
    "gone": "is not listed any more",
    "restarted": "was started anew",
    "standstill": "uses no CPU time any more, though it is still listed",
    "oom_killed": "was killed by the kernel because its memory limit was reached",
    "evictions": "threw out up to {value} keys in a second for want of memory, healthy {healthy}",
    "keys_lost": "its keys fell to {value}, healthy {healthy}",
}


def _figure(value: float) -> str:
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"
