"""Durations as people write them, and the capacity of a strict model to refuse what it does not know."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from tocsin.model.base import parse_seconds
from tocsin.model.drill import Drill
from tocsin.model.signal import Signal, part_key
from tocsin.model.topology import Edge, ServiceNode, Topology


@pytest.mark.parametrize(
    ("text", "seconds"), [("200ms", 0.2), ("20s", 20.0), ("1.5m", 90.0), ("1h", 3600.0), ("7", 7.0), (12, 12.0)]
)
def test_durations(text: object, seconds: float) -> None:
    assert parse_seconds(text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["soon", "-5s", "5 days", "", None, True, -1, "s"])
def test_what_is_no_duration_is_refused(text: object) -> None:
    with pytest.raises(ValueError, match=r"duration|negative"):
        parse_seconds(text)


@given(st.floats(0, 1e6, allow_nan=False), st.sampled_from(["ms", "s", "m", "h"]))
def test_units_are_multiples_of_a_second(value: float, unit: str) -> None:
    text = f"{value:.3f}{unit}"
    factor = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}[unit]
    assert parse_seconds(text) == pytest.approx(float(f"{value:.3f}") * factor)


def test_a_drill_says_what_it_means_with_the_keys_of_the_design() -> None:
    drill = Drill.model_validate(
        {"title": "x", "load": {"profile": "p", "for": "3m"}, "faults": [{"fault": "f", "target": "t", "for": "10s"}]}
    )
    assert (drill.load.duration, drill.faults[0].duration, drill.steady.duration) == (180.0, 10.0, 60.0)
    assert drill.respond.mode == "auto"


def test_a_signal_has_exactly_one_form() -> None:
    with pytest.raises(ValidationError, match="exactly one of"):
        Signal(gauge="a", rate="b", entity="e")
    with pytest.raises(ValidationError, match="exactly one of"):
        Signal(entity="e")


def test_a_signals_query_can_be_pasted_into_prometheus() -> None:
    assert Signal(gauge="up", entity="{instance}").promql(entity="app-1") == 'up{instance="app-1"}'
    assert Signal(rate='a{b="c"}', entity="app").promql() == 'sum(rate(a{b="c"}[5s]))'
    mean = Signal.model_validate({"mean": {"sum": "s", "count": "c"}, "entity": "app"})
    assert mean.promql(10) == "sum(rate(s[10s])) / sum(rate(c[10s]))"
    assert [part_key("x", part) for part in mean.selectors] == ["x:sum", "x:count"]


def test_callers_are_found_through_the_whole_topology() -> None:
    names = ("web", "app", "db")
    topology = Topology(
        stack="s",
        services={name: ServiceNode(name=name, component="http") for name in names},
        edges={
            "web-app": Edge(name="web-app", caller="web", callee="app"),
            "app-db": Edge(name="app-db", caller="app", callee="db", proxied=True),
        },
    )
    assert topology.callers("db") == {"app", "web"}
    assert topology.callers("web") == set()
    assert topology.service_of("app-2") == "app"
    assert [edge.name for edge in topology.edges_into("db")] == ["app-db"]
