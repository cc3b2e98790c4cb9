"""``tocsin doctor`` on a machine whose programs are a folder of scripts."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tocsin.stack.parts import PARTS
from tocsin.workspace import Workspace

SCRIPT = (
    "import sys\n"
    "import tocsin.stack.programs as programs\n"
    "programs._EXTRA_FOLDERS = ()\n"
    "sys.argv = ['tocsin', 'doctor', *sys.argv[1:]]\n"
    "from tocsin.cli import main\n"
    "main()\n"
)
PROGRAMS = [part.program for part in PARTS if part.python_package is None]


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """A folder with every program; each says its version."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in PROGRAMS:
        (folder / name).write_text(f"#!/bin/sh\necho '{name}, version 1.2.3'\n", encoding="ascii")
        (folder / name).chmod(0o755)
    return folder


def doctor(workspace: Workspace, programs: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run it with nothing but those programs on PATH."""
    data = {"PATH": str(programs), "XDG_DATA_HOME": str(workspace.root / "data"), "TOCSIN_NO_CGROUP": "1"}
    return subprocess.run(
        [sys.executable, "-c", SCRIPT, *words],
        cwd=workspace.root,
        env=dict(os.environ) | data,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_every_part_is_listed_with_version_and_place(workspace: Workspace, programs: Path) -> None:
    done = doctor(workspace, programs, "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    rows = {row["part"]: row for row in found["parts"]}
    assert set(rows) == {part.program for part in PARTS}
    for name in PROGRAMS:
        assert (rows[name]["version"], rows[name]["found"]) == ("1.2.3", str(programs / name))
    assert found["cpu_quota"] is False


def test_quiet_says_nothing_when_everything_is_there(workspace: Workspace, programs: Path) -> None:
    done = doctor(workspace, programs, "--quiet", "--install")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert not (workspace.root / "data").exists()


def test_what_is_missing_is_named_with_how_to_get_it(workspace: Workspace, programs: Path) -> None:
    (programs / "toxiproxy-server").unlink()
    done = doctor(workspace, programs)
    assert done.returncode == 2
    assert "missing: go install github.com/Shopify/toxiproxy" in done.stdout
    assert "missing: toxiproxy-server" in done.stderr
    assert "tocsin doctor --install" in done.stderr


def test_what_was_fetched_for_the_user_is_found_from_any_workspace(workspace: Workspace, programs: Path) -> None:
    tools = workspace.root / "data" / "tocsin" / "tools"
    tools.mkdir(parents=True)
    (programs / "toxiproxy-server").rename(tools / "toxiproxy-server")
    rows = {row["part"]: row for row in json.loads(doctor(workspace, programs, "--json").stdout)["parts"]}
    assert rows["toxiproxy-server"]["found"] == str(tools / "toxiproxy-server")


def test_an_installation_that_fails_is_one_message(workspace: Workspace, programs: Path) -> None:
    (programs / "redis-server").unlink()
    done = doctor(workspace, programs, "--install")
    assert done.returncode == 2
    assert "this machine has no apt-get; needed: redis-server" in done.stderr
    assert "apt-get install redis-server" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_machine_without_docker_is_told_what_containers_need_and_is_no_worse(
    workspace: Workspace, programs: Path
) -> None:
    (programs / "docker").write_text('#!/bin/sh\necho "docker: unknown command: $1" >&2\nexit 1\n', encoding="ascii")
    (programs / "docker").chmod(0o755)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DOCKER_HOST", f"unix://{workspace.root}/none.sock")
        told, text = doctor(workspace, programs, "--json"), doctor(workspace, programs)
    assert told.returncode == text.returncode == 0
    engine, plugin = json.loads(told.stdout)["containers"]
    assert (engine["version"], plugin["version"]) == ("", "")
    assert "no Docker engine answers" in engine["problem"]
    assert plugin["problem"] == "the docker command has no compose plugin"
    assert "for --stack compose: no docker compose" in text.stdout
