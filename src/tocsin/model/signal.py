"""Signals: named PromQL series, in one of four forms."""

import json
import re
from typing import Literal

from pydantic import Field, model_validator

from tocsin.model.base import Strict

Worse = Literal["up", "down"]


class MeanOf(Strict):
    """Two counters whose increases are divided: seconds spent over events counted."""

    sum: str
    count: str


class ShareOf(Strict):
    """Two counters whose increases are divided: a part of a whole."""

    part: str
    whole: str


class Signal(Strict):
    """A named PromQL series.

    Exactly one of four forms: ``gauge`` (a level), ``rate`` (a counter's increase per second), ``mean``
    (increase of a sum over increase of a count) or ``share`` (increase of a part over increase of a whole). Each
    text is a PromQL selector: a metric name, with label matchers if needed. Detection takes the differences
    itself, from raw counters with Prometheus's own timestamps.

    ``entity`` names what a series speaks of: a service, a replica or an edge ``caller->callee``; ``{label}`` is
    replaced by the series' label, and series of one entity are added up. ``family`` groups signals of one kind of
    evidence; a signal without a family feeds SLOs only. ``floor`` is the smallest change, in the signal's own unit,
    that counts as a change at all.
    """

    gauge: str | None = None
    rate: str | None = None
    mean: MeanOf | None = None
    share: ShareOf | None = None
    entity: str
    family: str | None = None
    unit: str = ""
    floor: float = Field(default=0.0, ge=0)
    worse: Worse = "up"
    title: str = ""

    @model_validator(mode="after")
    def _one_form(self) -> "Signal":
        forms = [form for form in ("gauge", "rate", "mean", "share") if getattr(self, form) is not None]
        if len(forms) != 1:
            raise ValueError(f"a signal has exactly one of gauge, rate, mean, share; this one has {forms or 'none'}")
        return self

    @property
    def selectors(self) -> dict[str, str]:
        """Raw selectors by part: ``value``, or ``sum``/``count``, or ``part``/``whole``."""
        if self.mean is not None:
            return {"sum": self.mean.sum, "count": self.mean.count}
        if self.share is not None:
            return {"part": self.share.part, "whole": self.share.whole}
        return {"value": self.gauge or self.rate or ""}

    def promql(self, seconds: int = 5, entity: str | None = None) -> str:
        """A query that a person can paste into Prometheus to see the same thing, over ``seconds``.

        With ``entity`` the selectors are narrowed to the series of that one entity.
        """
        extra = _matchers(self.entity, entity) if entity is not None else ""
        selectors = [_narrowed(text, extra) for text in self.selectors.values()]
        if self.gauge is not None:
            return selectors[0]
        if self.rate is not None:
            return f"sum(rate({selectors[0]}[{seconds}s]))"
        top, bottom = selectors
        return f"sum(rate({top}[{seconds}s])) / sum(rate({bottom}[{seconds}s]))"


def _matchers(template: str, entity: str) -> str:
    """Label matchers that pick the series whose template reads ``entity``; empty when the template has no label."""
    labels = re.findall(r"{(\w+)}", template)
    pattern = re.sub(r"\\{\w+\\}", "(.*)", re.escape(template))
    found = re.fullmatch(pattern, entity)
    values = found.groups() if found else ()
    return ",".join(f"{label}={json.dumps(value)}" for label, value in zip(labels, values, strict=False))


def _narrowed(selector: str, extra: str) -> str:
    if not extra:
        return selector
    if not selector.endswith("}"):
        return f"{selector}{{{extra}}}"
    return f"{selector[:-1].rstrip(', ')},{extra}}}".replace("{,", "{")


def part_key(signal: str, part: str) -> str:
    """The name under which one raw part of a signal is kept on the tape: ``signal`` or ``signal:part``."""
    return signal if part == "value" else f"{signal}:{part}"
