"""A MariaDB's analysis of a query: ANALYZE FORMAT=JSON (MariaDB manual, "ANALYZE FORMAT=JSON")."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from tocsin.observe.looks.plan import Plan

ASK = "ANALYZE FORMAT=JSON"


def read(answer: str) -> Plan:
    """What the analysis says.

    Raises:
        ValueError: when it is none.
    """
    try:
        block = json.loads(answer)["query_block"]
        took = float(block["r_total_time_ms"])
    except (KeyError, TypeError) as error:
        raise ValueError("no analysis") from error
    tables = list(_tables(block))
    rows = sum(float(one.get("r_rows") or 0.0) * float(one.get("r_loops") or 1.0) for one in tables)
    return Plan(took, rows, [str(one["key"]) for one in tables if "key" in one])


def _tables(node: Any) -> Iterator[Mapping[str, Any]]:
    """Every table access of a plan, however deep it stands."""
    if isinstance(node, dict):
        if isinstance(node.get("table"), dict):
            yield node["table"]
        for value in node.values():
            yield from _tables(value)
    elif isinstance(node, list):
        for value in node:
            yield from _tables(value)
