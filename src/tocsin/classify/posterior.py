"""The ranked list of hypotheses: Bayes over what can be broken, and over what no playbook knows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import exp

from tocsin.classify.evidence import evidence
from tocsin.classify.features import Feature, features
from tocsin.classify.likelihood import Expect, log_likelihood, named, quiet, unnamed
from tocsin.model.hypothesis import Hypothesis, Playbook
from tocsin.model.signal import Signal
from tocsin.model.topology import Topology
from tocsin.model.window import SampleWindow

TEMPER = 0.6
"""Log-likelihoods are multiplied by this: families move together, so they are not as many witnesses as they seem."""
MOST = 5
"""Hypotheses that are told."""
UNKNOWN = "unknown"


@dataclass(frozen=True)
class _Candidate:
    cause: str
    target: str
    log_likelihood: float
    expect: Expect


def classify(
    playbooks: Sequence[Playbook],
    topology: Topology,
    signals: Mapping[str, Signal],
    window: SampleWindow,
    *,
    baseline: tuple[int, int],
    since: int,
) -> list[Hypothesis]:
    """At most five hypotheses, likeliest first; one of them may be ``unknown``.

    Candidates are the playbooks, each at every service whose component it is about. The likelihood of the evidence is
    naive Bayes over (service or edge, family), tempered; confidence is the posterior under equal priors, so that
    causes which explain the evidence equally well share it. ``unknown`` is "something that no playbook describes is
    wrong here" at the service where that fits best, or "nothing is wrong" if that fits better still.

    Args:
        playbooks: the causes that are known.
        topology: services and edges.
        signals: signals, of which those with a family are evidence.
        window: samples up to now.
        baseline: the healthy seconds ``start .. end`` that are compared with.
        since: the second in which the trouble began, as far as detection knows.
    """
    seen = features(signals, topology, window, baseline=baseline, since=since)
    candidates = [_unknown(seen, topology)]
    for playbook in playbooks:
        for name, service in topology.services.items():
            if service.component == playbook.component:
                expect = named(playbook.shows, name, topology)
                candidates.append(_Candidate(playbook.cause, name, log_likelihood(seen, expect), expect))
    return _ranked(candidates, seen, signals)


def _ranked(
    candidates: Sequence[_Candidate], seen: Sequence[Feature], signals: Mapping[str, Signal]
) -> list[Hypothesis]:
    best = max(candidate.log_likelihood for candidate in candidates)
    weights = [exp(TEMPER * (candidate.log_likelihood - best)) for candidate in candidates]
    whole = sum(weights)
    order = sorted(zip(weights, candidates, strict=True), key=lambda pair: (-pair[0], pair[1].cause, pair[1].target))
    return [
        Hypothesis(
            rank=rank,
            cause=candidate.cause,
            target=candidate.target,
            confidence=min(weight / whole, 1.0),
            evidence=evidence(seen, candidate.expect, signals),
        )
        for rank, (weight, candidate) in enumerate(order[:MOST], start=1)
    ]


def _unknown(seen: Sequence[Feature], topology: Topology) -> _Candidate:
    """Something that no playbook describes; its target is the service where it would fit best, if it fits anywhere."""
    places: dict[str, Expect] = {"": quiet, **{name: unnamed(name, topology) for name in topology.services}}
    logs = {name: log_likelihood(seen, expect) for name, expect in places.items()}
    best = max(logs, key=lambda name: logs[name])
    return _Candidate(UNKNOWN, best, logs[best], places[best])
