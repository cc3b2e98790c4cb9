"""Faults, remedies and probes on real servers: each bites, each is undone, nothing is left."""

import asyncio
import json
import subprocess
from typing import Any

import asyncmy
import pytest
import redis
import requests
from tests.stack.work import busy

from tocsin import clock
from tocsin.director.places import stack_places
from tocsin.handlers import handlers
from tocsin.inject.handler import probe_bite, residue_of
from tocsin.inject.plan import plan_injection
from tocsin.ledger.store import Ledger
from tocsin.ledger.undo import apply_entry, undo_all
from tocsin.model.drill import FaultPlan
from tocsin.stack.local.backend import LocalStack
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
    ("redis.client_pause", "redis", {}),
    ("mysql.latency", "mysql", {"latency": 80}),
    ("mysql.row_lock", "mysql", {}),
    ("mysql.connection_exhaustion", "mysql", {}),
    ("redis.memory_pressure", "redis", {"share": 0.5}),
    ("redis.down", "redis", {}),
    ("kafka.broker_pause", "kafka", {}),
    ("kafka.consumer_slow", "coupon-issuer", {"cores": 0.01}),
    ("service.pause", "app", {}),
    ("service.kill", "coupon-issuer", {"replicas": 2}),
    ("service.cpu_throttle", "app", {"cores": 0.05}),
    ("edge.latency", "app-mysql", {"latency": 80}),
    ("edge.bandwidth", "app-redis", {"rate": 4}),
    ("edge.reset", "issuer-mysql", {}),
    ("edge.timeout", "app-redis", {}),
    ("edge.down", "app-mysql", {}),
]


def _redis(stack: LocalStack) -> "redis.Redis":
    address = stack.address("redis")
    return redis.Redis(host=address.host, port=address.port, socket_timeout=5.0, decode_responses=True)


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
        with busy(live):
            bitten = clock.wait_until(lambda: probe_bite(live, injection).holds, timeout=15.0)
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


@pytest.mark.parametrize(("fault", "target", "parameters"), FAULTS, ids=[name for name, *_ in FAULTS])
def test_a_person_is_told_how_to_finish(live: LocalStack, fault: str, target: str, parameters: dict[str, Any]) -> None:
    """The commands that are printed with a residue, typed as they are, undo every fault."""
    plan = FaultPlan.model_validate({"fault": fault, "target": target, "for": "30s", "with": parameters})
    injection = plan_injection(plan, live, "i1")
    record = injection.model_dump(mode="json")
    handler = handlers(lambda _: None)["injection"]
    handler.apply(record)
    try:
        with busy(live):
            bitten = clock.wait_until(lambda: probe_bite(live, injection).holds, timeout=15.0)
        commands = handler.by_hand(record)
        for command in commands:
            subprocess.run(["sh", "-c", command], check=True, stdout=subprocess.DEVNULL, timeout=60)
        undone = clock.wait_until(lambda: handler.residue(record) == [], timeout=5.0)
    finally:
        handler.revert(record)
    assert bitten
    assert commands
    assert undone
    assert stack_residue(live) == []


def test_a_missing_proxy_is_made_again_by_hand_and_by_the_next_revert(live: LocalStack) -> None:
    plan = FaultPlan.model_validate({"fault": "edge.latency", "target": "app-redis", "for": "30s"})
    injection = plan_injection(plan, live, "i1")
    record = injection.model_dump(mode="json")
    handler = handlers(lambda _: None)["injection"]
    address = live.address("toxiproxy")
    url = f"http://{address.host}:{address.port}/proxies/app-redis"

    def lose() -> None:
        """As if somebody had died after deleting the proxy and before making it again."""
        handler.apply(record)
        assert requests.delete(url, timeout=5).ok
        assert handler.residue(record) == ["the proxy of app-redis is missing"]
        assert "the proxy of app-redis is missing" in stack_residue(live)

    lose()
    for command in handler.by_hand(record):
        subprocess.run(["sh", "-c", command], check=True, stdout=subprocess.DEVNULL)
    assert handler.residue(record) == []
    requests.delete(url, timeout=5)
    handler.revert(record)
    assert handler.residue(record) == []
    assert stack_residue(live) == []
    assert clock.wait_until(lambda: _get(live, "/api/products/5").status_code == 200, timeout=15.0)


def test_a_toxiproxy_that_is_dead_or_frozen_is_a_line_and_no_traceback(live: LocalStack) -> None:
    replica = live.replicas("toxiproxy")[0]
    live.freeze(replica)
    found = stack_residue(live)
    assert "toxiproxy-1 is frozen" in found
    assert any(line.startswith("the edges cannot be read: Toxiproxy does not answer in time") for line in found)
    live.kill(replica)
    found = stack_residue(live)
    assert "toxiproxy-1 is gone" in found
    assert any(line.startswith("the edges cannot be read: Toxiproxy cannot be reached") for line in found)
    live.set_edge_enabled("app-redis", True)  # a revert brings it back
    assert stack_residue(live) == []


def test_what_a_fault_could_change_in_a_server_is_seen_without_a_ledger(live: LocalStack) -> None:
    with _redis(live) as client:
        was = client.config_get("maxclients")["maxclients"]
        client.config_set("maxclients", 77)
        changed = stack_residue(live)
        client.config_set("maxclients", was)
        client.execute_command("CLIENT", "PAUSE", 20_000, "WRITE")
        paused = stack_residue(live)
        client.execute_command("CLIENT", "UNPAUSE")
    assert changed == [f"setting maxclients of redis is '77', it was '{was}' at the start"]
    assert paused == ["redis: it takes no writes: its clients are paused"]
    live.set_flag("shed_load", True)
    flagged = stack_residue(live)
    live.set_flag("shed_load", False)
    assert flagged == ["flag shed_load is True, planned is False"]
    assert stack_residue(live) == []


def test_a_transaction_that_somebody_holds_is_seen(live: LocalStack) -> None:
    found: list[str] = []

    def look() -> bool:
        found[:] = stack_residue(live)
        return bool(found)

    async def hold() -> int:
        address = live.address("mysql")
        connection = await asyncmy.connect(
            host=address.host, port=address.port, user="shop", password=live.secret("{secret.db}"), db="shop"
        )
        try:
            async with connection.cursor() as cursor:
                await cursor.execute("BEGIN")
                await cursor.execute("SELECT id FROM products WHERE id = 1 FOR UPDATE")
                thread = int(connection.thread_id())
                await asyncio.to_thread(clock.wait_until, look, timeout=15.0, every=0.3)
                return thread
        finally:
            await connection.rollback()
            connection.close()

    thread = asyncio.run(hold())
    assert len(found) == 1
    assert f"mysql: connection {thread} has held a transaction open" in found[0]
    assert stack_residue(live) == []


@pytest.mark.parametrize("service", ["redis", "mysql", "app"])
def test_a_frozen_server_is_told_in_bounded_time(live: LocalStack, service: str) -> None:
    replica = live.replicas(service)[0]
    live.freeze(replica)
    begun = clock.monotonic()
    try:
        found = stack_residue(live)
    finally:
        live.thaw(replica)
    assert clock.monotonic() - begun < 15.0  # it would be for ever
    assert f"{service}-1 is frozen" in found
    assert any("does not answer" in line or "cannot be read" in line for line in found)
    assert clock.wait_until(lambda: stack_residue(live) == [], timeout=15.0, every=0.5)


def test_a_restarted_service_is_ready_and_keeps_its_limit(live: LocalStack) -> None:
    before = live.replicas("app")
    limit = live.cpu_limit("app")
    live.restart("app")
    assert not any(live.is_alive(replica) for replica in before)
    assert live.cpu_limit("app") == limit
    assert _get(live, "/api/products/3").status_code == 200


@pytest.mark.parametrize(
    ("fault", "target", "parameters"),
    [
        ("kafka.consumer_pause", "coupon-issuer", {}),
        ("service.kill", "coupon-issuer", {"replicas": 2}),
        ("service.cpu_throttle", "app", {"cores": 0.3}),
    ],
)
def test_a_target_that_is_restarted_under_its_fault_is_put_back_all_the_same(
    live: LocalStack, workspace: Workspace, fault: str, target: str, parameters: dict[str, Any]
) -> None:
    plan = FaultPlan.model_validate({"fault": fault, "target": target, "for": "30s", "with": parameters})
    injection = plan_injection(plan, live, "i1")
    ledger = Ledger(workspace.runs / f"restarted-{fault}" / "ledger.jsonl")
    apply_entry(ledger, handlers(lambda _: None), "i1", "injection", injection.model_dump(mode="json"))
    live.restart(target)
    fresh = live.replicas(target)
    undone = undo_all(ledger, handlers(lambda _: None), lambda _: None)
    ledger.close()
    assert undone.residue == []
    assert live.replicas(target) == fresh  # those that took their place were left alone
    assert stack_residue(live) == []


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
