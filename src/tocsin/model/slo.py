"""SLOs and silence rules, as they stand in a stack's ``slos.yaml``; breaches, the moment one is judged broken."""

from typing import Annotated, Literal

from pydantic import Field

from tocsin.model.base import Seconds, Strict

Severity = Literal["SEV1", "SEV2", "SEV3"]
DeclaredSeverity = Literal["SEV1", "SEV2", "SEV3", "SEV4", "SEV5"]
"""What people may declare: SEV4 is trouble with every SLO met, SEV5 none that anybody notices."""
Rule = Literal["cusum", "ratio", "target_absent", "goodput", "stalled"]


class BadOfTotal(Strict):
    """Share of bad events: two signals of form ``rate``."""

    bad: str
    total: str


class GoodOfTotal(Strict):
    """Share of events that were not good: two signals of form ``rate``."""

    good: str
    total: str


class Deadline(Strict):
    """Asynchronous work: what was accepted must be done ``within`` seconds.

    ``accepted`` counts work taken on, ``on_time`` counts work finished within the deadline. Bad events are accepted
    work whose deadline has passed undone, so that work that hangs shows although nothing reports it.
    """

    accepted: str
    on_time: str
    within: Seconds


Sli = Annotated[BadOfTotal | GoodOfTotal | Deadline, Field(union_mode="smart")]


class Slo(Strict):
    """An objective: the share of events that must be good."""

    title: str
    objective: float = Field(gt=0, lt=1)
    service: str = Field(description="the service where users notice it")
    sli: Sli

    @property
    def budget(self) -> float:
        """The share of events that may be bad."""
        return 1.0 - self.objective


class TargetAbsent(Strict):
    """Breach when ``signal`` (a gauge, 1 = up) is 0 or missing ``for`` seconds for an entity seen before."""

    rule: Literal["target_absent"]
    title: str
    signal: str
    duration: Seconds = Field(default=3.0, alias="for")


class Goodput(Strict):
    """Breach when good completions fall below ``share`` of the scheduled arrivals for ``for`` seconds."""

    rule: Literal["goodput"]
    title: str
    good: str
    scheduled: str
    share: float = Field(default=0.5, gt=0, lt=1)
    duration: Seconds = Field(default=5.0, alias="for")


class Stalled(Strict):
    """Breach when ``progress`` stands still for ``for`` seconds while ``lag`` grows above ``at_least``."""

    rule: Literal["stalled"]
    title: str
    progress: str
    lag: str
    at_least: float = Field(default=10.0, ge=0)
    duration: Seconds = Field(default=5.0, alias="for")


Silence = Annotated[TargetAbsent | Goodput | Stalled, Field(discriminator="rule")]


class SloFile(Strict):
    """``compose/<stack>/slos.yaml``."""

    slos: dict[str, Slo]
    silences: dict[str, Silence] = Field(default_factory=dict)


class Breach(Strict):
    """The moment an objective (or a silence rule) is judged broken.

    ``at`` is when it was judged, ``second`` the second of data that tipped it, ``impact`` the first second whose bad
    share exceeded the budget; all in seconds since the start of the run. ``bad_share`` is what the severity follows
    from: the share of bad events, or of silent replicas, partitions or requests.
    """

    slo: str
    at: float
    second: float
    impact: float
    rule: Rule
    query: str
    value: float
    threshold: float
    severity: Severity
    bad_share: float = Field(default=0.0, ge=0, le=1)
    entity: str = ""
    detail: str = ""


class SloSecond(Strict):
    """One second of one SLO: events, bad ones, and the budget as a share."""

    second: float
    total: float
    bad: float
    budget: float

    @property
    def over(self) -> bool:
        """True when the bad share of this second exceeds the budget."""
        return self.total > 0 and self.bad / self.total > self.budget
