"""What several rooms' tests share: a workspace of their own, a run's meta, and an incident told as events."""

from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from hypothesis import settings
from tests.fakes import FakeStack

from tocsin.director.plan import Choices, Plan, make_plan
from tocsin.director.session import run_meta
from tocsin.model import event as e
from tocsin.model.event import Event, EventData
from tocsin.model.hypothesis import Evidence, Hypothesis
from tocsin.model.run import RunMeta
from tocsin.model.slo import Breach
from tocsin.stack.process import _outliving
from tocsin.workspace import Workspace

settings.register_profile("tocsin", deadline=None)  # a busy machine is no failure
settings.load_profile("tocsin")


def pytest_sessionfinish() -> None:
    """What was started to outlive its starter (and was ended by pid) is not warned of when the interpreter ends."""
    for process in _outliving:
        process.returncode = process.poll() or 0


ROOT = Path(__file__).parents[1]
STARTED = 1_700_000_000.0

Story = list[tuple[float, EventData]]


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """An empty workspace with the repository as its catalogue."""
    root = tmp_path / "workspace"
    root.mkdir()
    (root / "tocsin.toml").write_text('[workspace]\ndefault_stack = "shop"\n', encoding="utf-8")
    return Workspace(root, (root, ROOT))


@pytest.fixture
def plan(workspace: Workspace) -> Plan:
    """The plan of the consumer-pause drill."""
    return make_plan(workspace, "kafka/coupon-consumer-pause", Choices())


@pytest.fixture
def meta(plan: Plan) -> RunMeta:
    """What its tape would begin with."""
    return run_meta(plan, "20231114-221320-test", STARTED)


def hypothesis(cause: str, confidence: float, rank: int = 1, target: str = "coupon-issuer") -> Hypothesis:
    """A hypothesis with one line of evidence."""
    seen = Evidence(
        text="no record handled for 5 s", signal="issue_progress", entity=target, query="rate(x[5s])",
        value=0.0, baseline=30.0, score=12.0,
    )  # fmt: skip
    return Hypothesis(rank=rank, cause=cause, target=target, confidence=confidence, evidence=[seen])


def breach(at: float = 96.5, slo: str = "coupon-issue-lag", impact: float = 92.5) -> Breach:
    """A page."""
    return Breach(
        slo=slo, at=at, second=at - 2, impact=impact, rule="cusum", query="1 - rate(a[5s]) / rate(b[5s])",
        value=0.8, threshold=0.05, severity="SEV1", bad_share=0.8,
    )  # fmt: skip


@pytest.fixture
def story() -> Story:
    """An incident from start to verdict, as (seconds, what happened)."""
    first, second = hypothesis("kafka.consumer_pause", 0.9), hypothesis("mysql.cpu_throttle", 0.1, rank=2)
    wrong = [hypothesis("mysql.cpu_throttle", 0.6), hypothesis("kafka.consumer_pause", 0.4, rank=2)]
    return [
        (0.0, e.Phase(name="stack")),
        (8.0, e.Phase(name="ramp", detail="10 s")),
        (82.0, e.SteadySatisfied(held_for=60.0)),
        (82.0, e.Phase(name="drill")),
        (
            92.4,
            e.Injected(
                injection="i1", fault="kafka.consumer_pause", cause="kafka.consumer_pause", target="coupon-issuer",
                parameters={"replicas": "all"}, duration=60.0,
            ),
        ),
        (94.0, e.Bit(injection="i1", evidence="3 of 3 chosen replicas are frozen")),
        (96.5, e.Breached(breach=breach())),
        (96.5, e.Acknowledged(by="auto responder")),
        (96.6, e.Declared(severity="SEV1", bad_share=0.8, slo="coupon-issue-lag")),
        (97.5, e.Hypotheses(hypotheses=wrong)),
        (99.5, e.Hypotheses(hypotheses=[first, second])),
        (102.5, e.Classified(hypothesis=first, reason="first for 3 s, confidence 90%")),
        (
            102.6,
            e.ActionStarted(
                action="a1", remedy="restart", target="coupon-issuer", parameters={}, why="a fresh process joins",
                before={"lag_records": 300.0}, predicted={"lag_records": 20.0, "lag_drain_seconds": 4.0},
                grounds=["lag drains in L / (min(C,P)·mu - lambda) = 4.0 s"],
            ),
        ),
        (104.8, e.ActionDone(action="a1", seconds=2.2)),
        (105.0, e.Lifted(injection="i1", by="restart of coupon-issuer", evidence="0 of 3 are frozen")),
        (118.0, e.Mitigated(since=107.0)),
        (127.0, e.ActionMeasured(action="a1", measured={"lag_records": 22.0, "lag_drain_seconds": 9.0})),
        (142.0, e.Resolved(since=111.0)),
        (153.0, e.Reverted(injection="i1")),
        (154.0, e.Phase(name="wind-down")),
        (155.0, e.LoadSummary(
            scheduled=21000, completed=20990, failed=10, rps=147.0,
            p50_ms=3.0, p95_ms=20.0, p99_ms=30.0, schedule_lag_ms=1.0,
        )),
        (155.5, e.SlowQueries(
            service="mysql", threshold_s=0.1, count=3,
            rows=[e.SlowQuery(query="SELECT ? FROM a", count=3, total_s=0.9, longest_s=0.5, rows_examined=300)],
        )),
        (155.6, e.ServerCommands(
            service="redis", rows=[e.CommandTime(command="get", calls=900, mean_ms=0.004, p99_ms=0.02)],
            slow=[e.SlowCommand(command="EVALSHA x", took_ms=12.5)],
        )),
        (155.7, e.QueryAnalysed(
            service="mysql", name="q", title="a ranking", took_ms=180.0, rows_read=30000.0, key="sales_covering",
            plan="{}",
        )),
        (155.8, e.CriterionJudged(
            name="coupon-p95", title="95 % of coupons", target="< 100 ms", unit="ms", measured=40.0, met=True,
            scale=0.5, compress=1.0,
        )),
        (155.9, e.CriterionJudged(
            name="lag", title="lag", target="< 1 ms", unit="ms", measured=None, met=None, scale=0.5, compress=1.0,
        )),
        (156.0, e.InvariantChecked(name="coupons_not_oversold", met=True, detail="no violation")),
        (157.0, e.ResidueFound(residue=[])),
        (157.1, e.ExpectationJudged(name="detected_within", want=20.0, got=4.5, met=True)),
        (157.1, e.ExpectationJudged(name="mitigated_within", want=60.0, got=10.5, met=True)),
        (157.2, e.VerdictReached(verdict="held", reasons=["all 3 were met"])),
    ]  # fmt: skip


@pytest.fixture
def tell() -> Callable[[Iterable[tuple[float, EventData]]], list[Event]]:
    """Events from a story."""
    return lambda lines: [Event(seq=n, t=t, wall=STARTED + t, data=data) for n, (t, data) in enumerate(lines, start=1)]


@pytest.fixture
def stack() -> FakeStack:
    """A stack in memory."""
    return FakeStack()
