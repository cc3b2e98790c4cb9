"""Toxiproxy's control plane, well, hanging or without a proxy; and the edges of a stack over it."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.conftest import ROOT
from tests.fake_toxiproxy import FakeToxiproxy
from tests.serving import serving

from tocsin.errors import BadInput, TocsinError
from tocsin.inject.handler import residue_of
from tocsin.inject.registry import load_fault
from tocsin.model.fault import Injection
from tocsin.model.stack import Address
from tocsin.stack.composefile import read_compose_file
from tocsin.stack.local.backend import LocalStack
from tocsin.stack.local.state import StackState
from tocsin.stack.planned import write_state
from tocsin.stack.toxiproxy import ToxiproxyClient

SHOP = ROOT / "compose" / "shop" / "compose.yaml"


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """Where a fake Toxiproxy answers."""
    monkeypatch.setattr("tocsin.stack.toxiproxy._TIMEOUT", 0.5)
    FakeToxiproxy.reset()
    with serving(FakeToxiproxy) as found:
        yield found
        FakeToxiproxy.release.set()


@pytest.fixture
def toxiproxy(port: int) -> ToxiproxyClient:
    client = ToxiproxyClient(Address(host="127.0.0.1", port=port))
    client.create("edge", listen=Address(host="127.0.0.1", port=1), upstream=Address(host="127.0.0.1", port=2))
    return client


def _latency(client: ToxiproxyClient, name: str, latency: int = 100) -> None:
    client.add("edge", name=name, kind="latency", stream="downstream", attributes={"latency": latency, "jitter": 0})


def test_a_toxic_of_the_same_name_is_replaced(toxiproxy: ToxiproxyClient) -> None:
    _latency(toxiproxy, "t", 100)
    _latency(toxiproxy, "t", 300)
    assert [toxic["attributes"]["latency"] for toxic in toxiproxy.toxics("edge")] == [300]


def test_removing_what_is_not_there_is_fine(toxiproxy: ToxiproxyClient) -> None:
    toxiproxy.remove("edge", "nothing")


def test_a_deletion_that_hangs_is_answered_by_making_the_proxy_again(toxiproxy: ToxiproxyClient) -> None:
    FakeToxiproxy.hanging.add("DELETE /proxies/edge/toxics/hangs")
    _latency(toxiproxy, "hangs")
    _latency(toxiproxy, "stays")
    toxiproxy.remove("edge", "hangs")
    assert [toxic["name"] for toxic in toxiproxy.toxics("edge")] == ["stays"]
    assert toxiproxy.proxies()["edge"]["upstream"] == "127.0.0.1:2"


def test_an_error_of_the_server_is_told(toxiproxy: ToxiproxyClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FakeToxiproxy, "do_GET", lambda self: self._answer(500, {"error": "broken"}))
    with pytest.raises(TocsinError, match=r"500"):
        toxiproxy.proxies()


def test_a_missing_proxy_is_not_a_clean_edge(toxiproxy: ToxiproxyClient) -> None:
    assert toxiproxy.enabled("edge") is True
    assert toxiproxy.enabled("gone") is None
    with pytest.raises(TocsinError, match="the proxy of gone is missing"):
        toxiproxy.toxics("gone")
    with pytest.raises(TocsinError, match="the proxy of gone is missing"):
        toxiproxy.remove("gone", "t")
    with pytest.raises(TocsinError, match="the proxy of gone is missing"):
        toxiproxy.set_enabled("gone", True)


@pytest.mark.parametrize("enabled", [True, False])
def test_a_switch_that_hangs_is_answered_by_making_the_proxy_again(
    toxiproxy: ToxiproxyClient,
    enabled: bool,  # noqa: FBT001 - a table
) -> None:
    _latency(toxiproxy, "stays")
    FakeToxiproxy.proxies["edge"]["enabled"] = not enabled
    FakeToxiproxy.hanging.add("POST /proxies/edge")
    toxiproxy.set_enabled("edge", enabled)
    assert toxiproxy.enabled("edge") is enabled
    assert [toxic["name"] for toxic in toxiproxy.toxics("edge")] == ["stays"]


def test_nobody_there_is_an_error_of_ours() -> None:
    with pytest.raises(TocsinError, match="Toxiproxy cannot be reached"):
        ToxiproxyClient(Address(host="127.0.0.1", port=1)).proxies()


@pytest.fixture
def stack(port: int, tmp_path: Path) -> LocalStack:
    """A stack of which only Toxiproxy runs."""
    state = StackState(
        stack="shop", instance="abc", compose=str(SHOP), folder=str(tmp_path), seed=7, load_port=9999,
        ports={"redis-1": {"main": 4001}, "toxiproxy-1": {"main": port}}, edges={"app-redis": 4002},
    )  # fmt: skip
    write_state(tmp_path / "state.json", state)
    return LocalStack(tmp_path / "state.json", read_compose_file(SHOP))


def _made() -> tuple[str, str, bool]:
    proxy = FakeToxiproxy.proxies["app-redis"]
    return proxy["listen"], proxy["upstream"], proxy["enabled"]


AS_PLANNED = ("127.0.0.1:4002", "127.0.0.1:4001", True)


def test_taking_a_toxic_off_makes_a_missing_proxy_again(stack: LocalStack) -> None:
    stack.remove_toxic("app-redis", "t")
    assert _made() == AS_PLANNED


def test_opening_an_edge_makes_a_missing_proxy_again(stack: LocalStack) -> None:
    stack.set_edge_enabled("app-redis", True)
    assert _made() == AS_PLANNED


def test_an_unknown_edge_is_refused_and_nothing_is_restarted(
    stack: LocalStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    restarted: list[str] = []
    monkeypatch.setattr(LocalStack, "restart", lambda _, service: restarted.append(service))
    with pytest.raises(BadInput, match="no proxy"):
        stack.remove_toxic("app-reddis", "t")
    assert restarted == []


@pytest.mark.parametrize(
    "hanging",
    [
        {"GET /proxies"},
        {"DELETE /proxies/app-redis/toxics/tocsin-i1", "DELETE /proxies/app-redis"},
        {"DELETE /proxies/app-redis/toxics/tocsin-i1", "POST /proxies"},
    ],
)
def test_a_control_plane_that_hangs_altogether_is_restarted(
    stack: LocalStack, monkeypatch: pytest.MonkeyPatch, hanging: set[str]
) -> None:
    monkeypatch.setattr("tocsin.stack.toxiproxy._TIMEOUT", 0.2)
    restarted: list[str] = []

    def restart(_: LocalStack, service: str, numbers: object = None) -> None:
        restarted.append(service)

    monkeypatch.setattr(LocalStack, "restart", restart)
    stack.set_edge_enabled("app-redis", True)
    FakeToxiproxy.hanging |= hanging
    stack.remove_toxic("app-redis", "tocsin-i1")
    assert restarted == ["toxiproxy"]


@pytest.mark.parametrize("fault", ["edge.latency", "edge.down", "redis.latency"])
def test_who_dies_between_delete_and_post_leaves_no_verified_dead_edge(stack: LocalStack, fault: str) -> None:
    prior = {"edges": ["app-redis"], "toxics": [], "toxic": "tocsin-i1", "enabled": True}
    target = "redis" if fault == "redis.latency" else "app-redis"
    injection = Injection(
        id="i1", fault=fault, cause=fault, target=target, parameters={}, prior=prior, stack=stack.reference
    )
    assert residue_of(stack, injection) == ["the proxy of app-redis is missing"]
    load_fault(fault).revert(stack, injection)
    assert residue_of(stack, injection) == []
    assert _made() == AS_PLANNED


def test_a_fault_on_an_edge_leaves_it_as_open_as_it_was(stack: LocalStack) -> None:
    stack.set_edge_enabled("app-redis", True)
    plain = Injection(
        id="i1", fault="edge.latency", cause="edge.latency", target="app-redis", parameters={}, stack=stack.reference
    )
    injection = load_fault("edge.latency").plan(stack, plain)
    stack.set_edge_enabled("app-redis", False)  # as if the proxy had been made again while it was closed
    assert residue_of(stack, injection) == ["the edge app-redis is closed, it was not"]
    load_fault("edge.latency").revert(stack, Injection.model_validate(json.loads(injection.model_dump_json())))
    assert residue_of(stack, injection) == []
