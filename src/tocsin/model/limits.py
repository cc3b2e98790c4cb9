"""Safety limits: how long, how much and how many at once; and when to give a drill up."""

from typing import Self

from pydantic import Field, model_validator

from tocsin.model.base import Seconds, Strict


class Limits(Strict):
    """Bounds of a stack or a drill; a drill may only be stricter than its stack."""

    longest: Seconds = Field(default=600.0, description="seconds that one fault may stay in place")
    share: float = Field(default=1.0, gt=0, le=1, description="share of a service's replicas that one fault may take")
    at_once: int = Field(default=3, ge=1, description="injections that may be in place at the same time")

    def within(self, other: "Limits") -> "Limits":
        """The stricter of both, one by one."""
        return Limits(
            longest=min(self.longest, other.longest),
            share=min(self.share, other.share),
            at_once=min(self.at_once, other.at_once),
        )


class AbortRule(Strict):
    """When to give the drill up: ``slo`` and ``share``, or a PromQL ``expression``; either must last for ``for``."""

    slo: str | None = Field(default=None, description="the SLO that is looked at, together with share")
    share: float | None = Field(default=None, gt=0, le=1, description="bad share of its events that is too much")
    expression: str | None = Field(default=None, description="PromQL; it holds while it returns anything")
    duration: Seconds = Field(default=30.0, alias="for")

    @model_validator(mode="after")
    def _one_condition(self) -> Self:
        by_slo = self.slo is not None and self.share is not None
        if by_slo == (self.expression is not None) or (self.slo is None) != (self.share is None):
            raise ValueError("give either slo and share, or expression")
        return self
