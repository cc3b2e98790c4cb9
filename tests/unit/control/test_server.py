"""The control socket with real clients: who may open it, what is refused, and that nobody can hold the director up."""

import asyncio
import contextlib
import json
import os
import socket
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tocsin import clock
from tocsin.control.client import AsyncControlClient, ControlClient
from tocsin.control.socket import SOCKET, connect_to
from tocsin.control.wire import LONGEST_LINE
from tocsin.director.control import server as module
from tocsin.director.control.server import ControlServer, Received
from tocsin.errors import BadInput, Refused
from tocsin.model.command import Answer, Attach, Detach


class Director:
    """Takes commands when it is told to, as the real one does between other things."""

    def __init__(self, folder: Path) -> None:
        self.server = ControlServer(folder)
        self.taken: list[Received] = []

    def take(self, count: int = 1, *, answer: bool = True) -> list[str]:
        """Wait for so many commands more; their names."""
        fresh: list[Received] = []

        def enough() -> bool:
            fresh.extend(self.server.take())
            return len(fresh) >= count

        assert clock.wait_until(enough, timeout=10.0, every=0.01)
        for received in fresh:
            if answer:
                received.answer(Answer(id=received.command.id, ok=True, result={"did": received.command.command}))
        self.taken += fresh
        return [received.command.command for received in fresh]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Longer than the address of a socket can be."""
    found = tmp_path / ("x" * 100) / ("y" * 60)
    found.mkdir(parents=True)
    return found


@pytest.fixture
def director(folder: Path) -> Iterator[Director]:
    found = Director(folder)
    yield found
    found.server.close()


def _raw(folder: Path) -> socket.socket:
    return connect_to(folder, 10.0)


def _line(**fields: Any) -> bytes:
    return json.dumps({"id": 1, "who": "Ann", "role": "responder", "command": "acknowledge", **fields}).encode() + b"\n"


def _answers(channel: socket.socket, count: int) -> list[dict[str, Any]]:
    data = b""
    while data.count(b"\n") < count:
        chunk = channel.recv(65536)
        assert chunk, data
        data += chunk
    return [json.loads(line) for line in data.splitlines()]


def test_only_the_owner_can_open_it_and_it_is_gone_in_the_end(folder: Path, director: Director) -> None:
    found = (folder / SOCKET).stat()
    assert stat.S_ISSOCK(found.st_mode)
    assert stat.S_IMODE(found.st_mode) == 0o600
    director.server.close()
    assert not (folder / SOCKET).exists()
    with pytest.raises(BadInput, match="over, or has not begun"):
        ControlClient(folder, "Ann")


def test_a_socket_that_a_dead_director_left_says_so(folder: Path) -> None:
    left = socket.socket(socket.AF_UNIX)
    descriptor = os.open(folder, os.O_PATH)
    left.bind(f"/proc/self/fd/{descriptor}/{SOCKET}")
    os.close(descriptor)
    left.close()
    with pytest.raises(BadInput, match="cannot be reached"):
        ControlClient(folder, "Ann")


def test_a_command_is_taken_and_answered(folder: Path, director: Director) -> None:
    with _raw(folder) as channel:
        channel.sendall(_line(id=7) + _line(id=8, command="mitigated"))
        assert director.take(2) == ["acknowledge", "mitigated"]
        answers = _answers(channel, 2)
    assert [(one["id"], one["ok"], one["result"]) for one in answers] == [
        (7, True, {"did": "acknowledge"}),
        (8, True, {"did": "mitigated"}),
    ]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b"{\n", "JSON"),
        (b"[1, 2]\n", "should be an object"),
        (b"\xff\xfe\n", "JSON"),
        (_line(command="dance"), "dance"),
        (_line(command="declare", arguments={"severity": "SEV9"}), "SEV"),
        (_line(command="inject", arguments={"fault": "f", "target": "t"}), "not for the role responder"),
        (_line(role="observer"), "not for the role observer"),
        (_line(role="facilitator"), "not for the role facilitator"),
        (b"[" * 5000 + b"\n", "JSON"),
    ],
    ids=["half", "list", "bytes", "unknown", "severity", "inject", "observer", "facilitator", "deep"],
)
def test_a_bad_line_is_answered_and_the_next_one_understood(
    folder: Path, director: Director, line: bytes, why: str
) -> None:
    with _raw(folder) as channel:
        channel.sendall(line)
        refused = _answers(channel, 1)[0]
        assert not refused["ok"]
        assert why.lower() in (refused["error"] + refused["hint"]).lower()
        channel.sendall(_line(id=2))
        assert director.take() == ["acknowledge"]
        assert _answers(channel, 1)[0]["ok"]


def test_a_line_without_end_costs_the_client_its_connection(folder: Path, director: Director) -> None:
    with _raw(folder) as endless, _raw(folder) as other:
        endless.sendall(b"x" * (LONGEST_LINE + 70000))
        data = b""
        with contextlib.suppress(ConnectionResetError):  # what it had sent and nobody read
            while chunk := endless.recv(65536):
                data += chunk
        assert b"longer than" in data
        other.sendall(_line())
        assert director.take() == ["acknowledge"]


def test_one_who_never_reads_is_let_go_and_holds_nobody_up(folder: Path, director: Director) -> None:
    with _raw(folder) as deaf, _raw(folder) as other:
        deaf.setblocking(False)
        bad = b'{"no": "command"}\n' * 500

        def let_go() -> bool:
            try:
                deaf.send(bad)
            except BlockingIOError:
                return False
            except OSError:
                return True
            return False

        assert clock.wait_until(let_go, timeout=30.0, every=0.001)
        other.sendall(_line())
        assert director.take() == ["acknowledge"]
        assert _answers(other, 1)[0]["ok"]


def test_too_many_commands_of_one_client_are_refused_not_queued(folder: Path, director: Director) -> None:
    with _raw(folder) as channel:
        channel.sendall(b"".join(_line(id=number) for number in range(1, 31)))
        refused = [one for one in _answers(channel, 14) if not one["ok"]]
        assert len(refused) == 14
        assert director.take(16) == ["acknowledge"] * 16


def test_there_is_a_bound_on_clients(folder: Path, director: Director, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_CLIENTS", 2)
    with _raw(folder) as one, _raw(folder) as two:
        one.sendall(_line())
        two.sendall(_line())
        director.take(2)
        with _raw(folder) as three:
            assert "connected already" in _answers(three, 1)[0]["error"]
    assert clock.wait_until(lambda: not director.server._connections, timeout=10.0)
    with _raw(folder) as four:
        four.sendall(_line())
        assert director.take() == ["acknowledge"]


def test_a_connection_speaks_for_whoever_attached_and_a_killed_console_says_goodbye(
    folder: Path, director: Director
) -> None:
    with _raw(folder) as channel:
        channel.sendall(_line(command="attach", role="observer"))
        assert director.take() == ["attach"]
        assert _answers(channel, 1)[0]["ok"]
        channel.sendall(_line(role="responder"))
        assert "attached as Ann, observer" in _answers(channel, 1)[0]["error"]
    assert director.take() == ["detach"]
    last = director.taken[-1].command
    assert isinstance(last, Detach)
    assert (last.who, last.role) == ("Ann", "observer")


def test_one_who_dies_before_the_answer_to_attach_says_goodbye_too(folder: Path, director: Director) -> None:
    with _raw(folder) as channel:
        channel.sendall(_line(command="attach"))
        director.take(answer=False)
    assert clock.wait_until(lambda: not director.server._connections, timeout=10.0)
    attach = director.taken[0]
    assert isinstance(attach.command, Attach)
    attach.answer(Answer(ok=True))
    assert director.take() == ["detach"]


def test_who_still_waits_is_told_that_it_is_over(folder: Path, director: Director) -> None:
    with _raw(folder) as channel:
        channel.sendall(_line(id=9))
        assert clock.wait_until(lambda: not director.server._queue.empty(), timeout=10.0)
        director.server.close()
        assert _answers(channel, 1)[0] == {"id": 9, "ok": False, "result": {}, "error": "the drill is over", "hint": ""}
        assert channel.recv(1) == b""


def test_the_clients(folder: Path, director: Director) -> None:
    async def talk() -> None:
        client = await AsyncControlClient.connect(folder, "Ann", "commander")
        both = asyncio.gather(client.send("acknowledge"), client.send("declare", {"severity": "SEV2"}))
        assert await asyncio.to_thread(director.take, 2) == ["acknowledge", "declare"]
        assert list(await both) == [{"did": "acknowledge"}, {"did": "declare"}]
        with pytest.raises(Refused, match="not for the role commander"):
            await client.send("inject", {"fault": "f", "target": "t"})
        director.server.close()
        for _ in range(500):
            if not client.is_open:
                break
            await asyncio.sleep(0.01)
        with pytest.raises(BadInput, match="over"):
            await client.send("mitigated")
        await client.close()

    asyncio.run(talk())


def test_the_client_that_waits(folder: Path, director: Director) -> None:
    with ControlClient(folder, "Ann", "observer") as client, pytest.raises(Refused, match="observer") as refused:
        client.send("remedy", {"remedy": "restart"})
    assert refused.value.hint == "It is for: commander, responder."
    with ControlClient(folder, "Ann", timeout=0.2) as client, pytest.raises(BadInput, match="does not answer"):
        client.send("acknowledge")
    client = ControlClient(folder, "Ann")
    director.server.close()
    with pytest.raises(BadInput, match="over"):
        client.send("acknowledge")
    client.close()
