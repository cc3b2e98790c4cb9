"""Safety limits: how long, how much and how many at once; and when to give a drill up."""

from pydantic import Field

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
    """Give the drill up when more than ``share`` of an SLO's events have been bad for ``for`` seconds."""

    slo: str
    share: float = Field(gt=0, le=1, description="bad share that is too much")
    duration: Seconds = Field(default=30.0, alias="for")
