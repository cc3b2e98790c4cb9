"""Faults, remedies and probes on real servers: each bites, each is undone, nothing is left."""

import contextlib
import json
import subprocess
from typing import Any

import pytest
import requests

from tocsin import clock
from tocsin.director.places import stack_places
from tocsin.handlers import handlers
from tocsin.inject.handler import probe_bite, residue_of
from tocsin.inject.plan import plan_injection
from tocsin.ledger.store import Ledger
from tocsin.ledger.undo import apply_entry, undo_all
from tocsin.model.drill import FaultPlan
from tocsin.stack.local.backend import LocalStack
from tocsin.stack.local.cgroup import works as quotas_work
from tocsin.stack.local.lifecycle import running
from tocsin.stack.residue import stack_residue
from tocsin.workspace import Workspace

pytestmark = pytest.mark.stack

LOOPBACK = {"0100007F", "0000000000000000FFFF00000100007F", "00000000000000000000000001000000"}
"""127.0.0.1, the same as a mapped address, and ::1, as /proc/net writes them."""
FAULTS: list[tuple[str, str, dict[str, Any]]] = [
    ("kafka.consumer_pause", "coupon-issuer", {}),
    ("redis.latency", "redis", {"latency": 60}),
    ("redis.flush", "redis", {}),
    ("mysql.cpu_throttle", "mysql", {"cores": 0.02}),
    ("service.pause", "app", {}),
    ("service.kill", "coupon-issuer", {"replicas": 2}),
    ("service.cpu_throttle", "app", {"cores": 0.05}),
    ("edge.latency", "app-mysql", {"latency": 80}),
    ("edge.bandwidth", "app-redis", {"rate": 4}),
    ("edge.reset", "issuer-mysql", {}),
    ("edge.timeout", "app-redis", {}),
    ("edge.down", "app-mysql", {}),
]


def _get(stack: LocalStack, path: str) -> requests.Response:
    address = stack.address("app")
    return requests.get(f"http://{address.host}:{address.port}{path}", timeout=10)


def test_the_shop_answers_and_every_replica_is_as_planned(live: LocalStack) -> None:
    assert _get(live, "/api/products/1").status_code == 200
    assert len(_get(live, "/api/products/ranking").json()) > 0
    assert stack_residue(live) == []


def test_another_process_finds_the_running_stack(live: LocalStack, workspace: Workspace) -> None:
    found = running(stack_places(workspace, "shop"))
    assert found is not None
    assert found.reference == live.reference


@pytest.mark.parametrize(("fault", "target", "parameters"), FAULTS, ids=[name for name, *_ in FAULTS])
def test_a_fault_bites_and_is_undone_from_the_ledger_alone(
    live: LocalStack, workspace: Workspace, fault: str, target: str, parameters: dict[str, Any]
) -> None:
    plan = FaultPlan.model_validate({"fault": fault, "target": target, "for": "30s", "with": parameters})
    injection = plan_injection(plan, live, "i1")
    path = workspace.runs / f"test-{fault}" / "ledger.jsonl"
    ledger = Ledger(path)
    apply_entry(ledger, handlers(lambda _: None), "i1", "injection", injection.model_dump(mode="json"))
    ledger.close()  # as if the guardian had died here
    try:
        bitten = clock.wait_until(lambda: _busy_and_bitten(live, injection), timeout=15.0)
    finally:
        again = Ledger(path)
        undone = undo_all(again, handlers(lambda _: None), lambda _: None)
        again.close()
    assert bitten
    assert undone.residue == []
    assert residue_of(live, injection) == []
    assert stack_residue(live) == []
    assert clock.wait_until(lambda: _get(live, "/api/products/2").status_code == 200, timeout=15.0)


def test_toxiproxy_comes_back_with_its_edges(live: LocalStack) -> None:
    live.add_toxic("app-redis", name="t", kind="latency", stream="downstream", attributes={"latency": 5, "jitter": 0})
    live.restart("toxiproxy")
    assert live.toxics("app-redis") == []
    assert stack_residue(live) == []
    assert clock.wait_until(lambda: _get(live, "/api/products/4").status_code == 200, timeout=15.0)


def test_a_person_is_told_how_to_finish(live: LocalStack) -> None:
    replica = live.replicas("redis")[0]
    assert live.by_hand("process", "redis", [replica], {})[0].startswith(f"kill -CONT -- -{replica.pid}")
    assert "curl -s --noproxy 127.0.0.1 http://127.0.0.1:" in live.by_hand("edge", "app-redis", [], {})[0]
    assert live.by_hand("data", "redis", [], {})[0].startswith("curl -s --noproxy 127.0.0.1 -X POST http://127.0.0.1:")


@pytest.mark.skipif(not quotas_work(), reason="cgroups are not writable here")
def test_the_command_for_a_cpu_limit_really_sets_it(live: LocalStack) -> None:
    limit = live.cpu_limit("mysql")
    live.set_cpu_limit("mysql", 0.1)
    for command in live.by_hand("cpu", "mysql", [], {"cores": limit}):
        subprocess.run(["sh", "-c", command], check=True)
    assert live.cpu_limit("mysql") == limit
    live.set_cpu_limit("mysql", limit)


def _busy_and_bitten(live: LocalStack, injection: Any) -> bool:
    """A limit is felt only by a server that has work: give the database some, past the cache."""
    address = live.address("app")
    for user in range(2000, 2010):
        with contextlib.suppress(requests.RequestException):  # what is broken need not answer
            url = f"http://{address.host}:{address.port}/api/coupons/current/issue"
            requests.post(url, json={"user_id": user}, timeout=0.3)
    return probe_bite(live, injection).holds


def test_a_restarted_service_is_ready_and_keeps_its_limit(live: LocalStack) -> None:
    before = live.replicas("app")
    limit = live.cpu_limit("app")
    live.restart("app")
    assert not any(live.is_alive(replica) for replica in before)
    assert live.cpu_limit("app") == limit
    assert _get(live, "/api/products/3").status_code == 200


def test_replicas_come_and_go_and_prometheus_is_told(live: LocalStack, workspace: Workspace) -> None:
    live.scale("coupon-issuer", 4)
    assert len(live.replicas("coupon-issuer")) == 4
    targets = stack_places(workspace, "shop").folder / "targets" / "coupon-issuer.json"
    assert len(json.loads(targets.read_text(encoding="utf-8"))) == 4
    live.scale("coupon-issuer", 3)
    assert len(live.replicas("coupon-issuer")) == 3
    assert stack_residue(live) == []


def test_flags_flip_at_run_time(live: LocalStack) -> None:
    assert live.flags()["shed_load"] is False
    live.set_flag("shed_load", True)
    assert _get(live, "/api/products/ranking").status_code == 503
    live.set_flag("shed_load", False)
    assert _get(live, "/api/products/ranking").status_code == 200


def test_every_service_listens_on_loopback_only(live: LocalStack) -> None:
    ours = {port for replica in live.state.replicas for port in replica.ports.values()}
    listening = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        with open(table, encoding="ascii") as file:  # noqa: PTH123 - a kernel table
            for line in file.readlines()[1:]:
                address, state = line.split()[1], line.split()[3]
                host, port = address.rsplit(":", 1)
                if state == "0A" and int(port, 16) in ours:
                    listening.add((host, int(port, 16)))
    assert {port for _, port in listening} >= {r.ports["main"] for r in live.state.replicas if "main" in r.ports}
    assert {host for host, _ in listening} <= LOOPBACK


def test_secrets_are_in_no_log(live: LocalStack, workspace: Workspace) -> None:
    secret = live.secret("{secret.db}")
    logs = stack_places(workspace, "shop").folder / "logs"
    assert [
        path.name for path in logs.glob("*.log") if secret in path.read_text(encoding="utf-8", errors="replace")
    ] == []
