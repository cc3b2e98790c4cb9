"""Criteria: the targets of a scenario, each with what it is measured by."""

from typing import Literal, Self

from pydantic import Field, model_validator

from tocsin.model.base import Strict

LoadMeasure = Literal["p50_ms", "p95_ms", "p99_ms", "rps", "good_rps", "failed_share", "dropped_share"]
Statistic = Literal["mean", "p95", "max"]


class Criterion(Strict):
    """One target at full size.

    Measured by exactly one of: ``load`` (a figure of the load's summary, of one ``request`` or ``phase`` where these
    are given; ``rps`` is all answers per second, ``good_rps`` those without failure), ``signal`` (a statistic of its
    values per second while there was load, in the signal's unit times ``factor``), ``command`` (mean milliseconds of a
    server's command over the load) or ``query`` (milliseconds of an analysed query).
    """

    title: str
    below: float | None = None
    above: float | None = None
    unit: str = ""
    load: LoadMeasure | None = None
    request: str | None = None
    phase: str | None = Field(default=None, description="a phase of the load; the whole load when left out")
    signal: str | None = None
    statistic: Statistic = "mean"
    factor: float = Field(default=1.0, gt=0)
    command: str | None = None
    query: str | None = None

    @model_validator(mode="after")
    def _one_measure_one_bound(self) -> Self:
        measures = [name for name in ("load", "signal", "command", "query") if getattr(self, name) is not None]
        if len(measures) != 1:
            raise ValueError(f"give exactly one of load, signal, command, query; found {measures or 'none'}")
        if (self.below is None) == (self.above is None):
            raise ValueError("give either below or above")
        return self

    @property
    def target(self) -> str:
        """The bound as people write it."""
        sign, bound = ("<", self.below) if self.below is not None else (">", self.above)
        return f"{sign} {bound:,g} {self.unit}".rstrip()

    def met_by(self, measured: float) -> bool:
        """Whether a figure keeps the bound."""
        return measured < self.below if self.below is not None else measured > (self.above or 0.0)
