"""Looks into servers: settings as at the start, a pause, and a bounded time for those that say nothing."""

import socket
from collections.abc import Iterator

import pytest
from tests.fake_redis import FakeRedis, redis_server

from tocsin import clock
from tocsin.errors import TocsinError
from tocsin.model.stack import Address, Login
from tocsin.stack.mysql_look import look_at_mysql
from tocsin.stack.mysql_sessions import sitting
from tocsin.stack.redis_look import look_at_redis
from tocsin.stack.servers import ServerLook, _lasting


@pytest.fixture
def redis() -> Iterator[Address]:
    with redis_server() as port:
        yield Address(host="127.0.0.1", port=port)


def test_settings_of_a_redis_are_read(redis: Address) -> None:
    FakeRedis.settings.update({"maxmemory": "100", "unwatched": "1"})
    assert look_at_redis(redis, 2.0) == ({"maxmemory": "100"}, [])


def test_a_paused_redis_is_told_by_a_write_that_waits(redis: Address) -> None:
    FakeRedis.paused.set()
    assert look_at_redis(redis, 0.6)[1] == ["it takes no writes: its clients are paused"]


def test_only_what_lasts_is_told() -> None:
    seen = [ServerLook({"a": "2"}, ["a lock"]), ServerLook({"a": "1"})]
    assert _lasting("redis", lambda _: seen.pop(0), {"a": "1"}) == []
    stays = ServerLook({"a": "2"}, ["a lock"])
    told = ["redis: a lock", "setting a of redis is '2', it was '1' at the start"]
    assert _lasting("redis", lambda _: stays, {"a": "1", "unread": "3"}) == told


def test_a_mute_redis_costs_little_time(redis: Address) -> None:
    FakeRedis.mute.set()
    begun = clock.monotonic()
    with pytest.raises(TocsinError, match="does not answer"):
        look_at_redis(redis, 0.6)
    assert clock.monotonic() - begun < 4.0  # it would be for ever


def test_a_mute_database_costs_little_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:  # the kernel accepts, and nobody greets
        address = Address(host="127.0.0.1", port=server.getsockname()[1])
        begun = clock.monotonic()
        with pytest.raises(TocsinError, match="does not answer"):
            look_at_mysql(address, ("user", "password", "name"), 0.6)
        assert clock.monotonic() - begun < 4.0  # it would be for ever


def test_a_mute_database_costs_an_operator_little_time_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tocsin.stack.mysql_sessions._WITHIN", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = Address(host="127.0.0.1", port=server.getsockname()[1])
        login = Login(user="user", password="unlikely", database="name")  # noqa: S106 - nobody reads it
        with pytest.raises(TocsinError, match="the database cannot be asked: no answer in time"):
            sitting(address, login)
