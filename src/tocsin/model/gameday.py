"""A game day as it stands in ``drills/gamedays/*.yaml``, and the record of one that is or was run."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from tocsin.model.base import Seconds, Strict
from tocsin.model.drill import ResponderMode
from tocsin.model.verdict import Stamps, Verdict

Check = Literal["starts_allowed", "nothing_left_over", "stack_free", "programs", "disk"]
"""``programs``: every program that the stacks need is there; ``disk``: gigabytes that are free."""


class PreCheck(Strict):
    """Something that must be so before the game day begins: looked at by the tool, or by people (``ask``)."""

    check: Check | None = None
    at_least: float | None = Field(default=None, ge=0, description="gigabytes, for disk")
    ask: str = Field(default="", description="what people should see to; printed, never assumed")


def _from_text(value: Any) -> Any:
    return {"ask": value} if isinstance(value, str) else value


PreCheckOrText = Annotated[PreCheck, BeforeValidator(_from_text, json_schema_input_type=PreCheck | str)]
"""A bare text is for people."""


class GameDayDrill(Strict):
    """One drill of a game day."""

    drill: str = Field(description="a drill's name or file")
    hypothesis: str = Field(default="", description="what the team expects to happen")
    variant: str | None = None
    scale: float | None = Field(default=None, gt=0, description="multiplies users or rates of the load")
    seed: int | None = Field(default=None, description="of data, load and arrivals; the game day's by default")
    blind: bool | None = Field(default=None, description="the game day's choice by default")
    script: str | None = Field(default=None, description="what a script responder does here; beside the game day file")
    pause: Seconds | None = Field(
        default=None, alias="break", description="after this drill; the game day's by default"
    )


class StopRule(Strict):
    """When a game day ends before its last drill; one that left something behind always ends it."""

    verdicts: list[Verdict] = Field(default=["aborted", "unclean"])
    failures: int | None = Field(default=None, ge=1, description="drills that were not held")
    longer_than: Seconds | None = Field(default=None, description="no drill is begun after so long")


class GameDay(Strict):
    """An ordered set of drills, run as an exercise."""

    title: str
    objective: str
    roles: dict[str, str] = Field(default_factory=dict, description="role: who fills it, or what is expected of it")
    hypotheses: list[str] = Field(default_factory=list)
    briefing: str = ""
    debrief: str = ""
    pre_checks: list[PreCheckOrText] = Field(default_factory=list)
    order: Literal["listed", "random"] = "listed"
    seed: int = 7
    blind: bool = False
    pause: Seconds = Field(default=0.0, alias="break", description="between two drills")
    on_failure: Literal["continue", "stop"] = Field(
        default="continue", description="after a drill that was missed or invalid"
    )
    stop_if: StopRule = StopRule()
    drills: list[GameDayDrill] = Field(min_length=1)


class BudgetSpent(Strict):
    """What one drill cost users by one SLO; ``seconds`` is how many seconds' worth of budget were spent."""

    slo: str
    bad: float
    total: float
    seconds: float


class ScoreLine(Strict):
    """One line of a score: what for, how many points of how many, and why."""

    name: str
    points: float
    of: float
    why: str
    who: str = ""


class DrillEntry(Strict):
    """One drill of a game day that is run: when, as which run, and how it ended; moments in seconds since the epoch.

    ``interrupted`` is an attempt that nothing was heard of any more: it is begun again when the game day is resumed.
    """

    number: int = Field(description="its place in the order that is run, from 1")
    drill: str
    title: str
    plan: GameDayDrill
    seed: int
    state: Literal["waiting", "running", "done", "interrupted", "skipped"] = "waiting"
    attempts: int = 0
    started: float | None = None
    ended: float | None = None
    run: str = ""
    verdict: Verdict | None = None
    reasons: list[str] = Field(default_factory=list)
    stamps: Stamps = Stamps()
    budget: list[BudgetSpent] = Field(default_factory=list)
    hints: int = 0
    score: float | None = Field(default=None, description="0 to 100")
    score_lines: list[ScoreLine] = Field(default_factory=list)


class CheckResult(Strict):
    """A pre-check as it was found; ``met`` is None for what only people can see to."""

    what: str
    met: bool | None
    detail: str = ""


class GameDayRecord(Strict):
    """``.tocsin/gamedays/<id>/gameday.json``: written again after every step, so that it can be resumed."""

    schema_version: int = 1
    id: str
    gameday: str = Field(description="its name: the file's, without ending")
    path: str
    plan: GameDay
    responder: ResponderMode
    script: str = ""
    backend: str | None = None
    started: float = Field(description="seconds since the epoch")
    ended: float | None = None
    state: Literal["running", "done", "stopped"] = "running"
    reason: str = Field(default="", description="why it was stopped before its last drill")
    checks: list[CheckResult] = Field(default_factory=list)
    entries: list[DrillEntry]
    tocsin: str = ""

    @property
    def failures(self) -> list[DrillEntry]:
        """Drills that were not held."""
        return [entry for entry in self.entries if entry.verdict not in (None, "held")]
