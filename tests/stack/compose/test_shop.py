"""The shop on containers: as a whole, from compose file to verdict."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from tests.live import begin, make_live_workspace, tocsin, wait_for_event
from tests.stack.compose.conftest import need
from tests.unit.stack.compose.conftest import SHOP

from tocsin import clock
from tocsin.director.places import stack_places
from tocsin.stack.backends import backend
from tocsin.stack.compose.backend import ComposeStack
from tocsin.stack.places import Places
from tocsin.stack.residue import stack_residue
from tocsin.workspace import Workspace

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


def _query(stack: ComposeStack, expression: str) -> dict[str, float]:
    address = stack.address("prometheus")
    url = f"http://{address.host}:{address.port}/api/v1/query"
    answer = requests.get(url, params={"query": expression}, timeout=5).json()
    return {row["metric"].get("instance", ""): float(row["value"][1]) for row in answer["data"]["result"]}


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
    name = 'container_memory_working_set_bytes{name="mysql-1"}'
    found = next(iter(_query(shop, name).values()))
    assert found == pytest.approx(float(told[:-3]) * scale, rel=0.1)


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


def test_a_drill_finds_the_cause(shop: ComposeStack, workspace: Workspace) -> None:
    done = tocsin(workspace, "run", "short", "--stack", "compose", "--json", timeout=300.0)
    told = json.loads(done.stdout)
    assert told["stack"] == "compose"
    assert told["verdict"] == "held", done.stderr
    assert told["hypotheses"][0]["cause"] == "kafka.consumer_pause"
    assert told["residue"] == []
    assert stack_residue(shop) == []


def test_a_director_that_is_killed_in_a_drill_leaves_nothing(shop: ComposeStack, workspace: Workspace) -> None:
    process = begin(workspace, "run", "quick", "--stack", "compose")
    folder: Path = wait_for_event(workspace, "bit")
    process.kill()
    process.communicate()
    assert clock.wait_until(
        lambda: not any(shop.is_frozen(replica) for replica in shop.replicas("coupon-issuer")), timeout=3.0
    )
    assert clock.wait_until(lambda: tocsin(workspace, "status", "--json").returncode == 0, timeout=10.0)
    assert clock.wait_until((folder / "journal.jsonl").exists, timeout=30.0)
    assert stack_residue(shop) == []
