"""Data of the database are prepared by servers that share no folder with any other server of the machine."""

import subprocess
import tempfile
from pathlib import Path
from typing import Any

import pytest

from shop import prepare
from shop.config import data_settings


def test_temporary_tables_lie_where_no_other_server_clears_them_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commands: list[list[str]] = []

    class Server:
        def __init__(self, command: list[str], **_: Any) -> None:
            commands.append(command)

        def terminate(self) -> None:
            """Ends at once."""

        def wait(self, _seconds: float) -> None:
            """Has ended."""

    async def loaded(*_: Any) -> None:
        """Loads nothing."""

    monkeypatch.setattr(prepare, "_load", loaded)
    monkeypatch.setattr(subprocess, "run", lambda command, **_: commands.append(command))
    monkeypatch.setattr(subprocess, "Popen", Server)
    monkeypatch.setattr(prepare, "_program", lambda name: name)
    monkeypatch.setenv("SHOP_DB_PASSWORD", "secret")
    prepare.prepare(tmp_path / "data", data_settings())
    assert [command[0] for command in commands] == ["mariadb-install-db", "mariadbd"]
    for command in commands:
        (folder,) = [Path(word.removeprefix("--tmpdir=")) for word in command if word.startswith("--tmpdir=")]
        assert folder != Path(tempfile.gettempdir())
        assert not folder.exists()  # its own, and gone with it
