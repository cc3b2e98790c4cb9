"""What the servers took down is folded into what a person can read."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.errors import TocsinError
from tocsin.observe.looks.commands import _rows
from tocsin.observe.looks.plans import read_plan
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
    found = read_plan("mysql", "q", "a ranking", json.dumps(PLAN))
    assert (found.took_ms, found.rows_read, found.key) == (412.5, 9942.0, "sales_covering")


@pytest.mark.parametrize("answer", ["", "[]", '{"query_block": {}}', "not json"])
def test_an_answer_that_is_no_analysis_is_refused(answer: str) -> None:
    with pytest.raises(TocsinError, match="gave no analysis of q"):
        read_plan("mysql", "q", "a ranking", answer)


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
