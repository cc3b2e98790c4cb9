"""A drill: one scripted incident, as it stands in ``drills/**/*.yaml``."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from tocsin.model.base import Seconds, Strict
from tocsin.model.limits import AbortRule, Limits

ResponderMode = Literal["auto", "human", "script", "none"]
Replicas = Annotated[int, Field(ge=1)]
"""How many replicas of a service to run; a service cannot be scaled away."""
Settings = dict[str, dict[str, str | int | float]]
"""By service: settings of its environment that differ from the compose file."""


class LoadPlan(Strict):
    """Which load profile drives the stack, at which scale, for how long."""

    profile: str
    scale: float = Field(default=1.0, gt=0, description="multiplies users or arrival rates")
    compress: float = Field(default=1.0, gt=0, description="profiles with phases: their lengths are divided by this")
    duration: Seconds = Field(
        default=180.0, alias="for", description="seconds of load, ramp included; by default as long as the phases"
    )
    phases: list[str] = Field(default_factory=list, description="some of the profile's phases; all of them by default")
    arrivals: Literal["poisson", "constant"] = Field(
        default="poisson", description="open model: at random moments, or evenly spaced"
    )
    max_in_flight: int = Field(
        default=5000, ge=1, description="open model: requests in flight beyond which arrivals are dropped, and bad"
    )
    max_lateness: Seconds = Field(
        default=0.1, description="seconds; a run whose generator started 1 % of its requests later than this is invalid"
    )
    workers: int = Field(default=1, ge=0, le=64, description="load processes on this machine")
    remote: int = Field(default=0, ge=0, le=64, description="load workers that join from other machines")

    @model_validator(mode="after")
    def _somebody_works(self) -> Self:
        if self.workers + self.remote == 0:
            raise ValueError("workers and remote cannot both be 0: nobody would send anything")
        return self


class SteadyPlan(Strict):
    """How long every SLO must hold after the ramp before anything is broken."""

    duration: Seconds = Field(default=60.0, alias="for")


class FaultPlan(Strict):
    """One injection: ``at`` counts from the moment steady was satisfied."""

    at: Seconds = 10.0
    fault: str
    target: str
    duration: Seconds = Field(default=60.0, alias="for")
    parameters: dict[str, Any] = Field(default_factory=dict, alias="with")


class RespondPlan(Strict):
    """Who responds, and which remedies they may not use."""

    mode: ResponderMode = "auto"
    forbid: list[str] = Field(default_factory=list)


class Expectations(Strict):
    """What the drill expects: seconds from impact, the cause named, seconds from detection."""

    detected_within: Seconds | None = None
    classified_as: str | None = None
    mitigated_within: Seconds | None = None
    no_breach: bool = False


PERCENTILES = {"p50_ms": 0.50, "p95_ms": 0.95, "p99_ms": 0.99}
"""Figures of the load that are percentiles of answer times, and their levels."""


_BASES = ("times", "utilisation_of", "queries", "misses")


class Prediction(Strict):
    """What a variant is expected to do to one figure, compared with the first variant of a comparison.

    By a factor (``times``), or from what the first run measured: by the use that a service made of its CPU limit
    (``utilisation_of``), by the time that a query takes instead of another one (``queries``), or by the share of cache
    reads that missed (``misses``).
    """

    figure: str = Field(description="its name in the comparison, such as p95_ms, rps or CPU of mysql")
    phase: str | None = Field(default=None, description="a phase of the load; the whole load when left out")
    request: str | None = Field(default=None, description="one kind of request; all of them when left out")
    times: float | None = Field(default=None, gt=0, description="the factor by which it should change")
    utilisation_of: str | None = Field(
        default=None,
        description="a service whose CPU limit the variant changes: percentiles by R = S / (1 - rho)",
    )
    queries: tuple[str, str] | None = Field(
        default=None, description="two analysed queries: the one that requests wait for, and the one in its place"
    )
    misses: float | None = Field(
        default=None, gt=0, le=1, description="share of cache reads that will miss: what misses cost, in proportion"
    )
    because: str = Field(default="", description="why; what is predicted from measurements says so by itself")

    @model_validator(mode="after")
    def _one_basis(self) -> Self:
        bases = [name for name in _BASES if getattr(self, name) is not None]
        if len(bases) != 1:
            raise ValueError(f"give exactly one of {', '.join(_BASES)}; found {bases or 'none'}")
        if self.times is not None and not self.because:
            raise ValueError("a factor needs because: why should it change so?")
        if self.utilisation_of is not None and self.figure not in PERCENTILES:
            raise ValueError(f"utilisation_of predicts {', '.join(PERCENTILES)}, not {self.figure}")
        return self


class Variant(Strict):
    """A change to the drill under the same seed, in force before the load begins."""

    stack_scale: dict[str, Replicas] = Field(default_factory=dict, alias="stack.scale")
    stack_cpus: dict[str, Annotated[float, Field(gt=0)]] = Field(
        default_factory=dict, alias="stack.cpus", description="CPU limit by service, in the plan's cores per replica"
    )
    settings: Settings = Field(
        default_factory=dict, description="by service: settings of its environment that differ from the drill's"
    )
    flags: dict[str, bool] = Field(default_factory=dict)
    predict: list[Prediction] = Field(default_factory=list, description="what the change is expected to do")


class Drill(Strict):
    """One scripted incident."""

    title: str
    stack: str = "shop"
    backend: Literal["local", "compose"] = Field(
        default="local", description="what runs the stack; `tocsin run --stack` overrules it"
    )
    load: LoadPlan
    settings: Settings = Field(
        default_factory=dict, description="by service: settings of its environment that differ from the compose file"
    )
    steady: SteadyPlan = SteadyPlan(**{"for": 60.0})
    faults: list[FaultPlan] = Field(default_factory=list)
    respond: RespondPlan = RespondPlan()
    expect: Expectations = Expectations()
    invariants: list[str] = Field(default_factory=list)
    criteria: list[str] = Field(
        default_factory=list, description="names in the stack's criteria.yaml, judged at the end"
    )
    analyse: list[str] = Field(
        default_factory=list, description="queries in the stack's looks.yaml that its database analyses after the load"
    )
    variants: dict[str, Variant] = Field(default_factory=dict)
    compare: list[str] = Field(
        default_factory=list, description="variants that `tocsin run` runs one after the other and compares"
    )
    limits: Limits = Field(default=Limits(), description="stricter limits than the stack's")
    abort_if: AbortRule | None = Field(default=None, description="give the drill up when this is so")
    blind: bool = Field(default=False, description="the cause stays sealed until the retrospective")

    @property
    def only_measures(self) -> bool:
        """True when nothing is broken and no healthy baseline is asked for: then nothing pages and nobody responds."""
        return not self.faults and self.steady.duration == 0
