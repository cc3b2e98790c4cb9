"""A MySQL's analysis of a query: EXPLAIN ANALYZE, a tree of steps (MySQL 8.0 manual, 15.8.2, "EXPLAIN Statement").

Each step tells the mean time of its loops until its first and its last row, in milliseconds, its mean number of rows,
and its loops; the first step is the whole query.
"""

import re

from tocsin.observe.looks.plan import Plan

ASK = "EXPLAIN ANALYZE FORMAT=TREE"

_STEP = re.compile(
    r"^\s*-> (?P<what>.*?)\s+\((?:cost=.*?\) \()?"
    r"actual time=[\d.e+-]+\.\.(?P<last>[\d.e+-]+) rows=(?P<rows>[\d.e+-]+) loops=(?P<loops>\d+)\)$",
    re.MULTILINE,
)
_ACCESS = re.compile(r"(?:scan|lookup)\b.*? on (?!<)\S+(?: using (?P<key>\S+))?")
"""A step that reads a table, and not one of the query's own temporary ones: their names are in angle brackets."""


def read(answer: str) -> Plan:
    """What the analysis says.

    Raises:
        ValueError: when it is none.
    """
    steps = list(_STEP.finditer(answer))
    if not steps:
        raise ValueError("no analysis")
    accesses = [(step, access) for step in steps if (access := _ACCESS.search(step["what"]))]
    rows = sum(float(step["rows"]) * int(step["loops"]) for step, _ in accesses)
    took = float(steps[0]["last"]) * int(steps[0]["loops"])
    return Plan(took, rows, [access["key"] for _, access in accesses if access["key"]])
