"""The shop on containers: as a whole, from compose file to verdict."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import docker
import pytest
import requests
from tests.live import begin, make_live_workspace, tocsin, wait_for_event
from tests.stack.compose.conftest import need
from tests.stack.panels import all_panels, empty_panels, left_out
from tests.unit.stack.compose.conftest import SHOP

from tocsin import clock
from tocsin.director.places import stack_places
from tocsin.inject.handler import InjectionHandler, residue_of
from tocsin.inject.plan import plan_injection
from tocsin.inject.registry import load_fault
from tocsin.model.drill import FaultPlan
from tocsin.stack.backends import backend
from tocsin.stack.compose.backend import ComposeStack
from tocsin.stack.places import Places
from tocsin.stack.residue import stack_residue
from tocsin.workspace import Workspace
from tocsin_faults.kafka.broker import Broker

pytestmark = pytest.mark.stack

EXPORTERS = {"app-1", "coupon-issuer-1", "coupon-issuer-2", "coupon-issuer-3", "lag-exporter-1", "redis-exporter-1",
             "mysqld-exporter-1", "resource-exporter-1"}  # fmt: skip


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    need(SHOP)
    return make_live_workspace(tmp_path_factory.mktemp("shop") / "workspace")


@pytest.fixture(scope="module")
def places(workspace: Workspace) -> Places:
    return stack_places(workspace, "shop", "compose")


@pytest.fixture(scope="module")
def shop(workspace: Workspace, places: Places) -> Iterator[ComposeStack]:
    done = tocsin(workspace, "up", "shop", "--stack", "compose", timeout=300.0)
    assert done.returncode == 0, done.stderr
    stack = backend("compose").running(places)
    assert isinstance(stack, ComposeStack)
    yield stack
    assert tocsin(workspace, "down").returncode == 0
    assert backend("compose").leftovers(places, stack.reference.instance) == []


def _measured(stack: ComposeStack, expression: str) -> float:
    """A figure, once it has been scraped for the first time."""
    found: dict[str, float] = {}
    assert clock.wait_until(lambda: found.update(_query(stack, expression)) or bool(found), timeout=20.0)
    return next(iter(found.values()))


def _query(stack: ComposeStack, expression: str, by: str = "instance") -> dict[str, float]:
    address = stack.address("prometheus")
    url = f"http://{address.host}:{address.port}/api/v1/query"
    answer = requests.get(url, params={"query": expression}, timeout=5).json()
    return {row["metric"].get(by, ""): float(row["value"][1]) for row in answer["data"]["result"]}


def test_it_is_as_planned_and_everybody_is_scraped(shop: ComposeStack) -> None:
    assert stack_residue(shop) == []
    assert shop.flags() == shop.planned_flags()
    assert clock.wait_until(lambda: {k for k, v in _query(shop, "up").items() if v == 1} >= EXPORTERS, timeout=20.0)


def test_limits_are_as_planned_on_this_machine(shop: ComposeStack) -> None:
    limited = {name: limit for name, limit in shop.planned.planned_limits.items() if limit is not None}
    assert {"mysql", "redis", "kafka", "app"} <= set(limited)
    for service, limit in limited.items():
        assert shop.cpu_limit(service) == pytest.approx(limit)


def test_figures_of_the_resource_exporter_agree_with_the_engine(shop: ComposeStack) -> None:
    replica = shop.replicas("mysql")[0]
    text = subprocess.run(
        ["docker", "stats", "--no-stream", "--format", "{{json .}}", replica.container],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    told = json.loads(text)["MemUsage"].split(" / ")[0]
    scale = {"KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}[told[-3:]]
    found = _measured(shop, 'container_memory_working_set_bytes{name="mysql-1"}')
    assert found == pytest.approx(float(told[:-3]) * scale, rel=0.1)


@pytest.mark.parametrize("service", ["mysql", "kafka", "app", "redis"])
def test_cpu_seconds_are_those_that_the_engine_has_counted(shop: ComposeStack, service: str) -> None:
    replica = shop.replicas(service)[0]
    found = _measured(shop, f'container_cpu_usage_seconds_total{{name="{service}-1"}}')
    with closing(docker.APIClient()) as engine:
        told = engine.stats(replica.container, stream=False)["cpu_stats"]["cpu_usage"]["total_usage"] / 1e9
    assert found == pytest.approx(told, rel=0.05, abs=1.0)  # seconds of CPU; Prometheus is two seconds behind


def test_the_lag_is_what_the_brokers_own_tool_says(shop: ComposeStack) -> None:
    address, issuers = shop.address("app"), shop.replicas("coupon-issuer")
    url = f"http://{address.host}:{address.port}/api/coupons/current/issue"
    for replica in issuers:
        shop.freeze(replica)
    try:
        with requests.Session() as session:
            for user in range(1, 41):
                assert session.post(url, json={"user_id": user}, timeout=5).ok
        assert clock.wait_until(lambda: sum(_lags(shop).values()) == 40, timeout=20.0)
        assert _lags(shop) == _lags_by_the_brokers_tool(shop)
    finally:
        for replica in issuers:
            shop.thaw(replica)
    assert clock.wait_until(lambda: sum(_lags(shop).values()) == 0, timeout=60.0)
    assert _lags(shop) == _lags_by_the_brokers_tool(shop)


def _lags(shop: ComposeStack) -> dict[str, float]:
    """Records by partition, as the lag exporter has them."""
    return _query(shop, 'kafka_consumergroup_lag{consumergroup="coupon-issuer"}', by="partition")


def _lags_by_the_brokers_tool(shop: ComposeStack) -> dict[str, float]:
    text = _brokers_tool(shop, "kafka-consumer-groups", "--describe", "--group", "coupon-issuer")
    rows = [line.split() for line in text.splitlines() if line.startswith("coupon-issuer ")]
    # GROUP TOPIC PARTITION CURRENT-OFFSET LOG-END-OFFSET LAG ...; no lag is told where the group has committed nothing
    return {row[2]: float(row[4] if row[5] == "-" else row[5]) for row in rows}


@pytest.mark.parametrize(
    ("fault", "target"),
    [
        ("kafka.consumer_pause", "coupon-issuer"),
        ("redis.latency", "redis"),
        ("redis.flush", "redis"),
        ("redis.client_pause", "redis"),
        ("redis.memory_pressure", "redis"),
        ("redis.down", "redis"),
        ("mysql.latency", "mysql"),
        ("mysql.row_lock", "mysql"),
        ("mysql.connection_exhaustion", "mysql"),
        ("kafka.broker_pause", "kafka"),
        ("service.pause", "app"),
        ("service.kill", "app"),
        ("edge.down", "issuer-mysql"),
    ],
)
def test_a_fault_bites_and_is_undone(shop: ComposeStack, workspace: Workspace, fault: str, target: str) -> None:
    done = tocsin(workspace, "inject", fault, "--target", target, "--for", "5s", "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["bit"] is not None, done.stderr
    assert told["residue"] == []
    assert stack_residue(shop) == []


QUOTA = FaultPlan.model_validate(
    {"fault": "kafka.client_quota", "target": "kafka", "for": "30s", "with": {"group": "coupon-issuer"}}
)


def _put_off(shop: ComposeStack) -> float:
    """Milliseconds, the most of any coupon issuer."""
    return max(_query(shop, "kafka_consumer_fetch_manager_fetch_throttle_time_avg").values(), default=0.0)


def test_a_quota_of_the_broker_holds_real_consumers_back_and_is_gone_afterwards(
    shop: ComposeStack, workspace: Workspace
) -> None:
    before = _put_off(shop)
    words = ("--target", "kafka", "--for", "8s", "--with", "group=coupon-issuer", "--json")
    done = tocsin(workspace, "inject", "kafka.client_quota", *words)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["bit"] is not None, done.stderr
    assert told["residue"] == []
    assert _put_off(shop) > before + 100
    assert _quotas_by_the_brokers_tool(shop) == ""


def test_a_director_that_is_killed_leaves_no_quota(shop: ComposeStack, workspace: Workspace) -> None:
    words = ("--target", "kafka", "--for", "60s", "--with", "group=coupon-issuer")
    process = begin(workspace, "inject", "kafka.client_quota", *words)
    with Broker(shop.address("kafka")) as broker:
        assert clock.wait_until(lambda: broker.quotas(["coupon-issuer"]) == {"coupon-issuer": 0.01}, timeout=20.0)
        process.kill()
        process.communicate()
        assert clock.wait_until(lambda: broker.quotas(["coupon-issuer"]) == {"coupon-issuer": None}, timeout=3.0)
    assert clock.wait_until(lambda: tocsin(workspace, "status", "--json").returncode == 0, timeout=10.0)


def test_what_a_person_is_told_to_type_removes_a_quota(shop: ComposeStack) -> None:
    injection = plan_injection(QUOTA, shop, "i1")
    load_fault("kafka.client_quota").apply(shop, injection)
    assert "request_percentage=0.01" in _quotas_by_the_brokers_tool(shop)
    for command in InjectionHandler(lambda _: shop).by_hand(injection.model_dump(mode="json")):
        subprocess.run(command, shell=True, check=True, capture_output=True, timeout=60)  # noqa: S602 - as it is typed
    assert _quotas_by_the_brokers_tool(shop) == ""
    assert residue_of(shop, injection) == []


def _quotas_by_the_brokers_tool(shop: ComposeStack) -> str:
    return _brokers_tool(shop, "kafka-configs", "--describe", "--entity-type", "clients")


def _brokers_tool(shop: ComposeStack, tool: str, *words: str) -> str:
    done = subprocess.run(
        ["docker", "exec", shop.replicas("kafka")[0].container, tool, "--bootstrap-server", "kafka:9092", *words],
        capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    return done.stdout.strip()


def test_no_panel_is_empty_under_load(shop: ComposeStack, tmp_path: Path) -> None:
    empty = empty_panels(shop, left_out(all_panels(), {}), tmp_path)
    assert not empty, "empty panels:\n" + "\n".join(map(str, empty))


def test_a_drill_finds_the_cause(shop: ComposeStack, workspace: Workspace) -> None:
    done = tocsin(workspace, "run", "short", "--stack", "compose", "--json", timeout=300.0)
    told = json.loads(done.stdout)
    assert told["stack"] == "compose"
    assert told["verdict"] == "held", done.stderr
    assert told["hypotheses"][0]["cause"] == "kafka.consumer_pause"
    assert told["residue"] == []
    assert stack_residue(shop) == []


def test_a_director_that_is_killed_in_a_drill_leaves_nothing(shop: ComposeStack, workspace: Workspace) -> None:
    earlier = workspace.run_folders()
    process = begin(workspace, "run", "quick", "--stack", "compose")
    folder: Path = wait_for_event(workspace, "bit", besides=earlier)
    process.kill()
    process.communicate()
    assert clock.wait_until(
        lambda: not any(shop.is_frozen(replica) for replica in shop.replicas("coupon-issuer")), timeout=3.0
    )
    assert clock.wait_until(lambda: tocsin(workspace, "status", "--json").returncode == 0, timeout=10.0)
    assert clock.wait_until((folder / "journal.jsonl").exists, timeout=30.0)
    assert stack_residue(shop) == []
