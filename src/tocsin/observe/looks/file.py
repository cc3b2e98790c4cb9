"""``compose/<stack>/looks.yaml``: where to look."""

from pydantic import Field

from tocsin.model.base import Strict


class AnalysedQuery(Strict):
    """A query that the database analyses by running it once; of the shop's own, in one of its forms."""

    title: str
    sql: str


class LookFile(Strict):
    """Services whose own records are read, and the queries that may be analysed."""

    slow_queries: str | None = Field(default=None, description="a MySQL or MariaDB that logs to mysql.slow_log")
    commands: str | None = Field(default=None, description="a Redis")
    queries: dict[str, AnalysedQuery] = Field(default_factory=dict)
