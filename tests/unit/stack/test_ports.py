"""Ports of one start are all different, and none is given out while another of the same start is drawn."""

from pathlib import Path

import pytest
from tests.conftest import ROOT

from tocsin.stack.composefile import read_compose_file
from tocsin.stack.local import lifecycle
from tocsin.stack.places import Places
from tocsin.stack.ports import free_port, free_ports

SHOP = ROOT / "compose" / "shop" / "compose.yaml"


def test_ports_of_one_draw_are_all_different() -> None:
    drawn = free_ports(500)  # one at a time, 500 draws of some 28,000 would collide 99 times in 100
    assert len(set(drawn)) == 500
    assert free_port() > 1023


def test_a_start_draws_all_its_ports_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    draws: list[int] = []

    def draw(count: int) -> list[int]:
        draws.append(count)
        return list(range(40_000, 40_000 + count))

    monkeypatch.setattr(lifecycle, "free_ports", draw)
    state = lifecycle._plan(Places(SHOP, tmp_path, tmp_path, None), read_compose_file(SHOP), 7, {"coupon-issuer": 5})
    used = [port for ports in state.ports.values() for port in ports.values()]
    used += [*state.edges.values(), state.load_port]
    assert draws == [len(used)]
    assert len(set(used)) == len(used)
    assert "coupon-issuer-5" in state.ports
