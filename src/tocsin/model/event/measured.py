"""What a run measured once its load was off: the load's own counts, and what the servers took down."""

from typing import ClassVar, Literal

from pydantic import Field

from tocsin.model.base import Strict
from tocsin.model.event.lane import Lane


class LoadFigures(Strict):
    """What became of requests; ages at their end in milliseconds, answered or given up, from when they were due."""

    scheduled: int
    completed: int = Field(description="answered, whatever the status")
    failed: int = Field(description="server errors, requests that were given up, and those that were dropped")
    dropped: int = Field(default=0, description="arrivals that were not started: too many were in flight")
    rps: float = Field(description="completed per second")
    p50_ms: float
    p95_ms: float
    p99_ms: float


class LoadPhase(LoadFigures):
    """The requests that were due in one phase; ``begin`` and ``end`` are seconds of load."""

    name: str
    begin: float
    end: float
    level: tuple[float, float] = Field(description="requests/s or users at its beginning and end, as it was played")
    lateness_p99_ms: float = Field(description="99th percentile of how late the generator itself started requests")
    requests: dict[str, LoadFigures]


class LoadSummary(LoadFigures):
    """What the load process counted over its whole life."""

    lane: ClassVar[Lane] = "run"
    kind: Literal["load_summary"] = "load_summary"
    schedule_lag_ms: float = Field(description="95th percentile of how late the generator itself started requests")
    lateness_p99_ms: float = Field(default=0.0, description="99th percentile of the same")
    lateness_max_ms: float = Field(default=0.0, description="the largest of the same")
    phases: list[LoadPhase] = Field(default_factory=list)
    lost_workers: list[str] = Field(default_factory=list, description="load workers that were lost, and how")


class SlowQuery(Strict):
    """Queries of one shape in the slow log; times in seconds."""

    query: str
    count: int
    total_s: float
    longest_s: float
    rows_examined: int


class SlowQueries(Strict):
    """What a database's slow log took down while there was load, the most expensive shapes first."""

    lane: ClassVar[Lane] = "run"
    kind: Literal["slow_queries"] = "slow_queries"
    service: str
    threshold_s: float
    count: int
    rows: list[SlowQuery]


class CommandTime(Strict):
    """One command of a server over the load; milliseconds inside the server."""

    command: str
    calls: int
    mean_ms: float
    p99_ms: float | None = Field(default=None, description="since the server's start, as it keeps it")


class SlowCommand(Strict):
    """One entry of a server's slow log."""

    command: str
    took_ms: float


class ServerCommands(Strict):
    """Where a server spent its time while there was load, the most expensive commands first; and its slow log."""

    lane: ClassVar[Lane] = "run"
    kind: Literal["server_commands"] = "server_commands"
    service: str
    rows: list[CommandTime]
    slow: list[SlowCommand]


class QueryAnalysed(Strict):
    """A query run by the server's own analyser after the load; ``key`` is the index it used, empty for none."""

    lane: ClassVar[Lane] = "run"
    kind: Literal["query_analysed"] = "query_analysed"
    service: str
    name: str
    title: str
    took_ms: float
    rows_read: float
    key: str = ""
    plan: str = Field(description="the server's own account: JSON of a MariaDB, a tree of a MySQL")
