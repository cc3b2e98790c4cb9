"""How likely the evidence is under a cause: probabilities by place, from the playbook and from the topology."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from math import log
from typing import Literal

from tocsin.classify.facts import FACTS
from tocsin.classify.features import Feature
from tocsin.model.hypothesis import Shows
from tocsin.model.topology import Topology

Place = Literal["target", "edge", "caller", "elsewhere"]
Expect = Callable[[Feature], float]
"""The probability that a feature is out of the ordinary, under some cause."""

RESOURCES = frozenset({"cpu", "cpu_throttle", "memory", "busy", "lock_wait", "server_latency", "quota"})
"""Families that tell of one server's own state; they pass from one service to another far less than waiting does."""
NEVER, ALWAYS = 0.002, 0.998
"""No playbook is more certain than this."""


@dataclass(frozen=True)
class Defaults:
    """Probability of an anomaly by kind of family: hard facts, a server's own state, and symptoms that spread."""

    fact: float
    resource: float
    symptom: float

    def of(self, family: str) -> float:
        """The default of a family."""
        if family in FACTS:
            return self.fact
        return self.resource if family in RESOURCES else self.symptom


UNNAMED: Mapping[Place, Defaults] = {
    "target": Defaults(fact=0.05, resource=0.15, symptom=0.3),
    "edge": Defaults(fact=0.05, resource=0.15, symptom=0.3),
    "caller": Defaults(fact=0.03, resource=0.15, symptom=0.3),
    "elsewhere": Defaults(fact=0.02, resource=0.06, symptom=0.06),
}
"""Of families that a playbook does not name. Symptoms of callers are explained away: they neither speak for a cause
nor much against it; the same symptom elsewhere speaks against it."""

UNKNOWN: Mapping[Place, Defaults] = {
    "target": Defaults(fact=0.15, resource=0.2, symptom=0.4),
    "edge": Defaults(fact=0.1, resource=0.15, symptom=0.7),
    "caller": Defaults(fact=0.05, resource=0.15, symptom=0.55),
    "elsewhere": Defaults(fact=0.02, resource=0.06, symptom=0.06),
}
"""Of something at a service that no playbook describes: symptoms spread to its callers in the same way."""

QUIET = Defaults(fact=0.02, resource=0.06, symptom=0.06)
"""When nothing in particular is wrong."""


def seen_from(target: str, topology: Topology) -> Callable[[str], Place]:
    """Tells where a service or an edge ``caller->callee`` stands, seen from ``target``.

    What a service sees on its own links belongs to it: links out of the target to the target, links out of a caller
    (into other services) to the caller.
    """
    callers = topology.callers(target)

    def place(where: str) -> Place:
        caller, arrow, callee = where.partition("->")
        if arrow and callee == target:
            return "edge"
        if caller == target:
            return "target"
        return "caller" if caller in callers else "elsewhere"

    return place


def named(shows: Shows, target: str, topology: Topology) -> Expect:
    """What a playbook expects to see if its cause is at ``target``."""
    by_place: Mapping[Place, Mapping[str, float]] = {
        "target": shows.target,
        "edge": shows.edge,
        "caller": shows.caller,
        "elsewhere": shows.elsewhere,
    }

    place = seen_from(target, topology)

    def expect(feature: Feature) -> float:
        at = place(feature.where)
        return by_place[at].get(feature.family, UNNAMED[at].of(feature.family))

    return expect


def unnamed(target: str, topology: Topology) -> Expect:
    """What is to be expected if something that no playbook describes is wrong at ``target``."""
    place = seen_from(target, topology)
    return lambda feature: UNKNOWN[place(feature.where)].of(feature.family)


def quiet(feature: Feature) -> float:
    """What is to be expected when nothing is wrong."""
    return QUIET.of(feature.family)


def log_likelihood(features: Iterable[Feature], expect: Expect) -> float:
    """Sum over the features of ``weigh``: naive Bayes."""
    return sum(weigh(feature, expect(feature)) for feature in features)


def weigh(feature: Feature, expected: float) -> float:
    """ln(a p + (1 - a)(1 - p)): a feature that is odd with probability a, under a cause that makes it so with p."""
    p = min(max(expected, NEVER), ALWAYS)
    return log(feature.anomalous * p + (1.0 - feature.anomalous) * (1.0 - p))
