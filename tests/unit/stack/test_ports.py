"""Ports of one start are all different, and nobody else is given one before its server listens on it."""

import errno
import socket
from pathlib import Path

import pytest
from tests.conftest import ROOT

from tocsin.stack.composefile import read_compose_file
from tocsin.stack.local import lifecycle
from tocsin.stack.places import Places
from tocsin.stack.ports import HOST, Reservation, free_port, free_ports

SHOP = ROOT / "compose" / "shop" / "compose.yaml"


def test_ports_of_one_draw_are_all_different() -> None:
    drawn = free_ports(500)  # one at a time, 500 draws of some 28,000 would collide 99 times in 100
    assert len(set(drawn)) == 500
    assert free_port() > 1023


def listener(port: int, *, reuse: bool) -> socket.socket:
    """A server as most are, or one that does not allow its address to be used again."""
    server = socket.socket()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, int(reuse))
    try:
        server.bind((HOST, port))
        server.listen()
    except OSError:
        server.close()
        raise
    return server


def test_a_reserved_port_is_given_to_nobody_else_but_its_server_listens_on_it() -> None:
    with Reservation() as reservation:
        [port] = reservation.draw(1)
        with pytest.raises(OSError, match="in use") as refused:  # as somebody who was given it by chance would find
            listener(port, reuse=False)
        assert refused.value.errno == errno.EADDRINUSE
        with listener(port, reuse=True), socket.create_connection((HOST, port), timeout=5):
            pass


def test_what_is_drawn_while_another_start_goes_on_is_different() -> None:
    """Two draws of 500 out of some 14,000 would have some 18 ports in common."""
    with Reservation() as first, Reservation() as second:
        assert not set(first.draw(500)) & set(second.draw(500))


def test_a_port_in_use_is_not_drawn() -> None:
    with Reservation() as reservation, listener(0, reuse=True) as server:
        assert server.getsockname()[1] not in reservation.draw(500)


def test_after_its_end_a_port_is_anybodys() -> None:
    with Reservation() as reservation:
        [port] = reservation.draw(1)
    listener(port, reuse=False).close()


def test_a_start_draws_all_its_ports_at_once(tmp_path: Path) -> None:
    draws: list[int] = []

    class Counted(Reservation):
        def draw(self, count: int) -> list[int]:
            draws.append(count)
            return list(range(40_000, 40_000 + count))

    compose = read_compose_file(SHOP)
    state = lifecycle._plan(Places(SHOP, tmp_path, tmp_path, None), compose, 7, {"coupon-issuer": 5}, Counted())
    used = [port for ports in state.ports.values() for port in ports.values()]
    used += [*state.edges.values(), state.load_port]
    assert draws == [len(used)]
    assert len(set(used)) == len(used)
    assert "coupon-issuer-5" in state.ports
