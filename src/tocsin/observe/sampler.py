"""Polling Prometheus: the only place that queries it.

Raw samples with Prometheus's own timestamps are fetched as range vectors that overlap the poll before, so that a
missed poll loses nothing. Most selectors share one query and are told apart here; histogram buckets, of which there
are many and few are wanted, are picked by Prometheus.
"""

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from math import isnan
from typing import Any

import requests
from prometheus_api_client import PrometheusApiClientException

from tocsin.errors import TocsinError
from tocsin.model.signal import Signal, part_key
from tocsin.observe.matchers import Matcher, parse_matchers, split_selector
from tocsin.observe.prometheus import connect
from tocsin.tape.store import Sample

_OVERLAP = 3.0
_LONGEST = 60.0
_PLACE = re.compile(r"\{([a-zA-Z_][a-zA-Z0-9_]*)\}")


@dataclass(frozen=True)
class _Part:
    """One raw part of a signal: its name on the tape, how its entity is named, and which series belong to it."""

    key: str
    entity: str
    matchers: tuple[Matcher, ...]

    def wants(self, labels: Mapping[str, str]) -> bool:
        return all(matcher.fits(labels) for matcher in self.matchers)


_Group = dict[str, list[_Part]]
"""Metric name → parts that read it."""


@dataclass
class _Series:
    """A series as Prometheus names it, and which parts want it."""

    wanted: list[tuple[str, str]]
    labels: dict[str, str]
    newest: float = -1.0


class Sampler:
    """Fetches the samples of all signals of a stack since the last poll."""

    def __init__(self, url: str, signals: Mapping[str, Signal], started: float) -> None:
        """``started`` is t = 0 in seconds since the epoch."""
        self._prometheus = connect(url)
        self._started = started
        self._last = started
        self._groups = _grouped(signals)
        self._series: dict[tuple[str, frozenset[tuple[str, str]]], _Series] = {}

    def poll(self, now: float) -> list[Sample]:
        """Samples not seen before, up to ``now`` (seconds since the epoch).

        Raises:
            TocsinError: when Prometheus does not answer.
        """
        width = min(_LONGEST, max(1.0, now - self._last) + _OVERLAP)
        rows: list[Sample] = []
        try:
            for matchers, group in self._groups.items():
                query = _query(matchers, list(group), width)
                for result in self._prometheus.custom_query(query, params={"time": f"{now:.3f}"}):
                    rows += self._rows(matchers, result, group)
        except (requests.RequestException, PrometheusApiClientException, KeyError) as error:
            raise TocsinError(f"Prometheus did not answer: {error}") from error
        self._last = now
        return rows

    def _rows(self, matchers: str, result: dict[str, Any], group: _Group) -> list[Sample]:
        series = self._known(matchers, result["metric"], group)
        if not series.wanted:
            return []
        fresh = [(float(t), float(v)) for t, v in result["values"] if float(t) > series.newest]
        if fresh:
            series.newest = fresh[-1][0]
        return [
            Sample(key, entity, series.labels, t - self._started, value)
            for t, value in fresh
            if t >= self._started and not isnan(value)
            for key, entity in series.wanted
        ]

    def _known(self, matchers: str, metric: dict[str, str], group: _Group) -> _Series:
        """What is known of a series, worked out when it is first seen."""
        name = (matchers, frozenset(metric.items()))
        if name not in self._series:
            labels = {key: value for key, value in metric.items() if key != "__name__"}
            wanted = [(part.key, _entity(part, labels)) for part in group[metric["__name__"]] if part.wants(labels)]
            self._series[name] = _Series(wanted, labels)
        return self._series[name]


def _entity(part: _Part, labels: Mapping[str, str]) -> str:
    return _PLACE.sub(lambda match: labels.get(match.group(1), ""), part.entity)


def _grouped(signals: Mapping[str, Signal]) -> dict[str, _Group]:
    """Matchers that Prometheus applies → metric name → parts."""
    groups: dict[str, _Group] = defaultdict(lambda: defaultdict(list))
    for name, signal in signals.items():
        for part, selector in signal.selectors.items():
            metric, matchers = split_selector(selector)
            shared = matchers if metric.endswith("_bucket") else ""
            groups[shared][metric].append(_Part(part_key(name, part), signal.entity, parse_matchers(matchers)))
    return groups


def _query(matchers: str, names: list[str], width: float) -> str:
    pattern = f'__name__=~"{"|".join(sorted(names))}"'
    inner = f"{pattern},{matchers}" if matchers else pattern
    return f"{{{inner}}}[{width:.0f}s]"
