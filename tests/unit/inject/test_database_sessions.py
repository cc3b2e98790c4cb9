"""Faults that are sessions in the database: they bite, end with their process, and are ended from another one."""

import json

import pytest
from tests.fake_database import FakeDatabase
from tests.fakes import FakeStack

from tocsin.errors import BadInput
from tocsin.inject.handler import probe_bite, residue_of
from tocsin.inject.plan import plan_injection
from tocsin.inject.registry import load_fault
from tocsin.model.drill import FaultPlan
from tocsin.model.fault import Injection
from tocsin_faults.mysql import sessions


@pytest.fixture
def database(monkeypatch: pytest.MonkeyPatch) -> FakeDatabase:
    """The server behind every session; no session of this process is kept beyond the test."""
    server = FakeDatabase()
    monkeypatch.setattr(sessions, "Session", server.open)
    monkeypatch.setattr(sessions, "_HELD", {})
    return server


def _injection(stack: FakeStack, fault: str, **parameters: object) -> Injection:
    words = {"fault": fault, "target": "mysql", "for": "30s", "with": parameters}
    return plan_injection(FaultPlan.model_validate(words), stack, "i1")


def _again(injection: Injection) -> Injection:
    return Injection.model_validate(json.loads(injection.model_dump_json()))


def _as_another_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """It knows nothing of the sessions that this one keeps open."""
    monkeypatch.setattr(sessions, "_HELD", {})


def test_a_plan_only_reads_and_knows_no_secret(stack: FakeStack, database: FakeDatabase) -> None:
    injection = _injection(stack, "mysql.row_lock", rows=2)
    assert injection.prior == {"keys": [7, 6], "marks": ["tocsin-i1"], "expires": 60}
    assert stack.login("mysql").password not in injection.model_dump_json()
    assert (database.sessions, database.rows_held) == (set(), {})


def test_held_rows_are_refused_to_others(stack: FakeStack, database: FakeDatabase) -> None:
    injection = _injection(stack, "mysql.row_lock")
    fault = load_fault("mysql.row_lock")
    assert not probe_bite(stack, injection).holds
    for _ in range(2):
        fault.apply(stack, injection)
    assert len(database.sessions) == 1
    assert set(database.rows_held) == {7, 6, 5}
    proof = probe_bite(stack, injection)
    assert proof.holds
    assert proof.evidence == "3 rows of coupon_events are refused to others; 2 transactions wait for a row"
    assert residue_of(stack, injection) == ["connection 3 of mysql still holds rows; KILL 3 ends it"]
    for _ in range(2):
        fault.revert(stack, _again(injection))
    assert residue_of(stack, injection) == []
    assert database.rows_held == {}


def test_another_process_ends_the_session(
    stack: FakeStack, database: FakeDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    injection = _injection(stack, "mysql.row_lock")
    load_fault("mysql.row_lock").apply(stack, injection)
    _as_another_process(monkeypatch)
    assert residue_of(stack, injection)
    load_fault("mysql.row_lock").revert(stack, _again(injection))
    assert residue_of(stack, injection) == []
    assert database.sessions == set()


def test_the_server_ends_the_session_by_itself_a_while_after_its_time(stack: FakeStack, database: FakeDatabase) -> None:
    injection = _injection(stack, "mysql.row_lock")
    load_fault("mysql.row_lock").apply(stack, injection)
    (number,) = database.sessions
    assert database.expires[number] == 60
    database.end(number)
    assert not probe_bite(stack, injection).holds
    assert residue_of(stack, injection) == []
    load_fault("mysql.row_lock").revert(stack, injection)


def test_rows_that_somebody_else_holds_are_no_proof(stack: FakeStack, database: FakeDatabase) -> None:
    injection = _injection(stack, "mysql.row_lock")
    database.rows_held[7] = 99
    assert not probe_bite(stack, injection).holds


def test_what_a_lock_could_not_take_leaves_no_session(stack: FakeStack, database: FakeDatabase) -> None:
    injection = _injection(stack, "mysql.row_lock")
    database.rows_held[7] = 99
    with pytest.raises(Exception, match="Lock wait timeout"):
        load_fault("mysql.row_lock").apply(stack, injection)
    assert database.sessions == set()


def test_a_server_that_is_gone_has_no_sessions(stack: FakeStack, database: FakeDatabase) -> None:
    injection = _injection(stack, "mysql.row_lock")
    load_fault("mysql.row_lock").apply(stack, injection)
    stack.kill(stack.replicas("mysql")[0])
    database.most = 0
    load_fault("mysql.row_lock").revert(stack, injection)
    assert residue_of(stack, injection) == []


@pytest.mark.parametrize("parameters", [{"table": "users; DROP TABLE users"}, {"key": "id`"}, {"rows": 0}])
def test_names_are_names(stack: FakeStack, database: FakeDatabase, parameters: dict[str, object]) -> None:
    with pytest.raises(BadInput):
        _injection(stack, "mysql.row_lock", **parameters)


def test_all_connections_but_the_spare_ones_are_taken_from_everybody(stack: FakeStack, database: FakeDatabase) -> None:
    others = [database.open(stack.address("mysql"), stack.login("mysql")) for _ in range(6)]
    injection = _injection(stack, "mysql.connection_exhaustion", spare=2)
    assert len(injection.prior["marks"]) == 8
    fault = load_fault("mysql.connection_exhaustion")
    assert not probe_bite(stack, injection).holds
    for _ in range(2):
        fault.apply(stack, injection)
    assert len(database.marks) == 8
    assert not {session.number for session in others} & database.sessions
    assert not probe_bite(stack, injection).holds  # two are left
    waiting = [database.open(stack.address("mysql"), stack.login("mysql")) for _ in range(2)]
    proof = probe_bite(stack, injection)
    assert proof.holds
    assert proof.evidence == "a new connection is refused; 8 of 10 are held"
    assert residue_of(stack, injection) == ["8 connections of mysql are still held"]
    for _ in range(2):
        fault.revert(stack, _again(injection))
    assert residue_of(stack, injection) == []
    assert database.sessions == {session.number for session in waiting}  # those of others stay


def test_a_full_server_lets_another_process_in_to_end_it(
    stack: FakeStack, database: FakeDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    injection = _injection(stack, "mysql.connection_exhaustion", spare=0)
    load_fault("mysql.connection_exhaustion").apply(stack, injection)
    assert probe_bite(stack, injection).holds
    _as_another_process(monkeypatch)
    load_fault("mysql.connection_exhaustion").revert(stack, _again(injection))
    assert residue_of(stack, injection) == []
    assert database.sessions == set()


def test_the_connections_of_others_may_be_left_to_them(stack: FakeStack, database: FakeDatabase) -> None:
    others = {database.open(stack.address("mysql"), stack.login("mysql")).number for _ in range(6)}
    injection = _injection(stack, "mysql.connection_exhaustion", end_others=False)
    load_fault("mysql.connection_exhaustion").apply(stack, injection)
    assert others <= database.sessions
    assert len(database.marks) == 4
    assert probe_bite(stack, injection).holds
