"""What a run marks in the stack's Grafana, against a server that speaks its two calls; and that it can do no harm."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tests.conftest import STARTED, Story
from tests.fake_grafana import PASSWORD, USER, FakeGrafana, grafana_server

from tocsin import clock
from tocsin.director import annotations as module
from tocsin.director.annotations import Annotations
from tocsin.director.plan import Plan
from tocsin.errors import TocsinError
from tocsin.model.event import Event
from tocsin.model.run import RunMeta
from tocsin.model.stack import Address, Replica
from tocsin.stack.composefile import Dashboards
from tocsin.stack.grafana import Grafana, grafana_of

Tell = Callable[[Story], list[Event]]
STACK: Any = object()


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """However busy this machine is, everything is written before a test looks."""
    monkeypatch.setattr(module, "_CLOSE_WITHIN", 30.0)


@pytest.fixture
def grafana() -> Iterator[Grafana]:
    with grafana_server() as port:
        yield Grafana(Address(host="127.0.0.1", port=port), USER, PASSWORD)


def play(meta: RunMeta, events: list[Event], found: Grafana | None) -> str:
    """Follow a run to its end; what is told of it."""
    annotations = Annotations(meta, lambda _: found)
    for event in events[:3]:
        annotations(event)
    annotations.follow(STACK)
    for event in events[3:]:
        annotations(event)
    return annotations.close()


def marks() -> list[tuple[str, float, float | None]]:
    """(what, when it begins, when it ends) in seconds since the start of the run."""
    return [
        (one["tags"][-1], one["time"] / 1000 - STARTED, one["timeEnd"] / 1000 - STARTED if "timeEnd" in one else None)
        for one in FakeGrafana.annotations
    ]


def near(found: list[tuple[str, float, float | None]]) -> list[tuple[str, float, float | None]]:
    return [(word, round(begin, 2), None if end is None else round(end, 2)) for word, begin, end in found]


def test_every_step_of_an_incident_is_marked_at_its_time(
    meta: RunMeta, story: Story, tell: Tell, grafana: Grafana
) -> None:
    assert play(meta, tell(story), grafana) == ""
    assert near(marks()) == [
        ("start", 0.0, 157.2),
        ("injected", 92.4, 153.0),
        ("bit", 94.0, None),
        ("detected", 96.5, None),
        ("classified", 102.5, None),
        ("remedy", 102.6, 104.8),
        ("mitigated", 107.0, None),
        ("removed", 153.0, None),
        ("end", 157.2, None),
    ]
    assert all(one["tags"][:2] == ["tocsin", meta.drill_name] for one in FakeGrafana.annotations)
    assert FakeGrafana.annotations[1]["text"].startswith("injected kafka.consumer_pause into coupon-issuer")


def test_the_truth_of_a_blind_drill_is_told_with_its_verdict(
    meta: RunMeta, story: Story, tell: Tell, grafana: Grafana
) -> None:
    events = tell(story)
    drill = meta.drill.model_copy(update={"blind": True})
    blind = Annotations(meta.model_copy(update={"drill": drill}), lambda _: grafana)
    blind.follow(STACK)
    for event in events[:-1]:
        blind(event)
    assert clock.wait_until(lambda: any(word == "mitigated" for word, *_ in marks()), timeout=5.0)
    told = [one["text"] for one in FakeGrafana.annotations if one["tags"][2] == "truth"]
    assert told == []
    assert not any(meta.drill.title in one["text"] or meta.drill_name in one["tags"] for one in FakeGrafana.annotations)
    blind(events[-1])
    assert blind.close() == ""
    assert {"injected", "bit", "removed", "end"} <= {word for word, *_ in marks()}
    assert ("injected", 92.4, 153.0) in near(marks())


def test_a_stack_without_grafana_is_left_alone(meta: RunMeta, story: Story, tell: Tell, grafana: Grafana) -> None:
    assert play(meta, tell(story), None) == ""
    assert FakeGrafana.calls == 0


def test_a_grafana_that_refuses_is_told_of_once_and_not_asked_for_ever(
    meta: RunMeta, story: Story, tell: Tell, grafana: Grafana
) -> None:
    trouble = play(meta, tell(story), Grafana(grafana.address, USER, "wrong"))
    assert "Grafana answered 401 to POST /api/annotations" in trouble
    assert FakeGrafana.calls == 3


def test_a_grafana_that_hangs_keeps_nobody_waiting(
    meta: RunMeta, story: Story, tell: Tell, grafana: Grafana, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_CLOSE_WITHIN", 0.2)
    FakeGrafana.hangs = threading.Event()
    assert play(meta, tell(story), grafana) == "Grafana is slow: marks of this run are missing there"
    assert FakeGrafana.annotations == []


def test_a_search_that_fails_fails_no_run(meta: RunMeta, story: Story, tell: Tell) -> None:
    def lost(_: object) -> Grafana:
        raise TocsinError("the engine is away")

    annotations = Annotations(meta, lost)
    annotations.follow(STACK)
    for event in tell(story):
        annotations(event)
    assert annotations.close() == "Grafana was not found: the engine is away"


class StackWithDashboards:
    """As much of a stack as the search for Grafana looks at."""

    def __init__(self, compose: object, running: int) -> None:
        self.compose = compose
        self._running = running

    def replicas(self, service: str) -> list[Replica]:
        return [Replica(service=service, number=1, pid=1, started=1, boot="")] * self._running

    def address(self, service: str) -> Address:
        return Address(host="127.0.0.1", port=3000)

    def secret(self, placeholder: str) -> str:
        return f"behind {placeholder}"


def test_it_is_found_where_the_stack_declares_it_and_runs_it(plan: Plan) -> None:
    compose = plan.files.compose
    here: Any = StackWithDashboards(compose, running=1)
    assert grafana_of(here) == Grafana(Address(host="127.0.0.1", port=3000), "admin", "behind {secret.grafana}")
    absent: Any = StackWithDashboards(compose, running=0)
    assert grafana_of(absent) is None
    bare = compose.model_copy(update={"extension": compose.extension.model_copy(update={"grafana": None})})
    undeclared: Any = StackWithDashboards(bare, running=1)
    assert grafana_of(undeclared) is None
    assert Dashboards(service="x", password="{secret.x}").user == "admin"  # noqa: S106 - a placeholder
