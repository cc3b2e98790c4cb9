"""What the servers took down is folded into what a person can read."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import ModuleType, SimpleNamespace
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.errors import TocsinError
from tocsin.model.event import QueryAnalysed
from tocsin.observe.database import Database
from tocsin.observe.looks import plan_of_mariadb, plan_of_mysql
from tocsin.observe.looks.commands import _rows
from tocsin.observe.looks.file import AnalysedQuery
from tocsin.observe.looks.plan import Plan
from tocsin.observe.looks.plans import analyse
from tocsin.observe.looks.slow_log import folded, shape

PLAN = {
    "query_block": {
        "r_total_time_ms": 412.5,
        "filesort": {
            "temporary_table": {
                "nested_loop": [
                    {"table": {"table_name": "sales", "key": "sales_covering", "r_loops": 1, "r_rows": 9932}},
                    {"table": {"table_name": "products", "r_loops": 10, "r_rows": 1}},
                ]
            }
        },
    }
}

TREE = """\
-> Limit: 10 row(s)  (cost=5.2..5.2 rows=10) (actual time=121..121 rows=10 loops=1)
    -> Sort: sold DESC, s.product_id, limit input to 10 row(s) per chunk  (actual time=121..121 rows=10 loops=1)
        -> Table scan on <temporary>  (actual time=120..120 rows=1000 loops=1)
            -> Aggregate using temporary table  (actual time=120..120 rows=1000 loops=1)
                -> Filter: (s.sold_on > 23)  (cost=47011 rows=465922) (actual time=0.0361..61.2 rows=233073 loops=1)
                    -> Covering index range scan on s using sales_covering over (23 < sold_on)  (cost=47 rows=46) \
(actual time=0.0331..44.9 rows=233073 loops=1)
                -> Single-row index lookup on p using PRIMARY (id=s.product_id)  (cost=0.35 rows=1) \
(actual time=0.002..0.0021 rows=1 loops=10)
                -> Table scan on old  (cost=9.1 rows=3.2e+6) (actual time=0.01..1.2e+3 rows=1.6e+6 loops=2)
                -> Table scan on more  (cost=9.1 rows=3) (never executed)
"""


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("SELECT a FROM b\n WHERE c = 17 AND d = 'it''s'", "SELECT a FROM b WHERE c = ? AND d = ?"),
        ("INSERT INTO t VALUES (1, 'x'), (2, 'y'), (3, 'z')", "INSERT INTO t VALUES (...)"),
        ("DELETE FROM t WHERE id IN (1,2, 3)", "DELETE FROM t WHERE id IN (...)"),
        ("SELECT x1 FROM t2 LIMIT 10", "SELECT x1 FROM t2 LIMIT ?"),
    ],
)
def test_queries_of_one_shape_are_one(text: str, wanted: str) -> None:
    assert shape(text) == wanted


@given(st.text(max_size=400))
def test_any_text_has_a_shape_of_bounded_length(text: str) -> None:
    assert len(shape(text)) <= 200


def test_the_slow_log_is_folded_by_shape_the_most_expensive_first() -> None:
    found = folded("mysql", 0.1, [(0.2, 10, "SELECT 1"), (0.5, 20, "SELECT 2"), (0.3, 1, "SELECT a")])
    assert (found.count, [(row.query, row.count, row.total_s) for row in found.rows]) == (
        3,
        [("SELECT ?", 2, 0.7), ("SELECT a", 1, 0.3)],
    )
    assert (found.rows[0].longest_s, found.rows[0].rows_examined) == (0.5, 30)


def test_an_analysis_tells_time_rows_and_index_however_deep_they_stand() -> None:
    assert plan_of_mariadb.read(json.dumps(PLAN)) == Plan(412.5, 9942.0, ["sales_covering"])


def test_so_does_the_tree_of_a_mysql() -> None:
    """Steps on the query's own temporary tables read nothing; what was never executed has no time."""
    assert plan_of_mysql.read(TREE) == Plan(121.0, 233_073 + 10 + 3.2e6, ["sales_covering", "PRIMARY"])


@pytest.mark.parametrize("answer", ["", "[]", '{"query_block": {}}', "not json", "-> Rows fetched before execution"])
@pytest.mark.parametrize("server", [plan_of_mariadb, plan_of_mysql])
def test_an_answer_that_is_no_analysis_is_refused(server: ModuleType, answer: str) -> None:
    with pytest.raises(ValueError, match=r"analysis|Expecting"):
        server.read(answer)


class Told:
    """A cursor of a server that answers what it is told to, in turn."""

    def __init__(self, version: str, answers: list[str]) -> None:
        self._answers = [version, *answers]
        self.asked: list[str] = []

    async def execute(self, sql: str) -> None:
        self.asked.append(sql)

    async def fetchone(self) -> tuple[str]:
        return (self._answers.pop(0),)


def _analysed(told: Told) -> list[QueryAnalysed]:
    @asynccontextmanager
    async def cursor() -> AsyncIterator[Told]:
        yield told

    database = cast("Database", SimpleNamespace(cursor=cursor))
    return asyncio.run(analyse("mysql", database, {"q": AnalysedQuery(title="a ranking", sql="SELECT 1")}))


def test_of_five_analyses_after_an_unheard_one_the_median_is_told() -> None:
    times = [900.0, 30.0, 10.0, 20.0, 50.0, 40.0]
    told = Told("10.11.19-MariaDB", [json.dumps({"query_block": {"r_total_time_ms": time}}) for time in times])
    (found,) = _analysed(told)
    assert (found.took_ms, json.loads(found.plan)["query_block"]["r_total_time_ms"]) == (30.0, 30.0)
    assert told.asked == ["SELECT VERSION()", *["ANALYZE FORMAT=JSON SELECT 1"] * 6]


def test_a_mysql_is_asked_as_a_mysql_is() -> None:
    told = Told("9.7.0", [TREE] * 6)
    (found,) = _analysed(told)
    assert (found.took_ms, found.key) == (121.0, "sales_covering, PRIMARY")
    assert set(told.asked[1:]) == {"EXPLAIN ANALYZE FORMAT=TREE SELECT 1"}


def test_what_cannot_be_read_is_said_with_the_query() -> None:
    with pytest.raises(TocsinError, match="mysql gave no analysis of q that can be read: nothing"):
        _analysed(Told("8.0.36", ["nothing"]))


def test_commands_are_those_of_the_load_alone() -> None:
    before = {"get": (100, 1000), "set": (5, 50), "old": (1, 1)}
    after = {"get": (300, 3000), "set": (5, 50), "zunionstore": (10, 90_000), "old": (1, 1)}
    rows = _rows(before, after, {"latency_percentiles_usec_get": {"p50": 1.0, "p99": 25.0}})
    assert [(row.command, row.calls, row.mean_ms, row.p99_ms) for row in rows] == [
        ("zunionstore", 10, 9.0, None),
        ("get", 200, 0.01, 0.025),
    ]


def test_a_server_that_was_restarted_in_between_counts_from_nought() -> None:
    (row,) = _rows({"get": (900, 9000)}, {"get": (100, 500)}, {})
    assert (row.calls, row.mean_ms) == (100, 0.005)
