"""A stack that does not come up: the failing service is named with its last words, and everything is stopped."""

import json
import shutil

import pytest
from tests.conftest import ROOT
from tests.live import make_live_workspace, processes_in, status, tocsin

from tocsin.workspace import Workspace

pytestmark = pytest.mark.stack


@pytest.fixture
def broken(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A workspace whose Redis is started with an option it does not know."""
    workspace = make_live_workspace(tmp_path_factory.mktemp("broken") / "workspace")
    shop = workspace.root / "compose" / "shop"
    shutil.copytree(ROOT / "compose" / "shop", shop, ignore=shutil.ignore_patterns("__pycache__"))
    text = (shop / "compose.yaml").read_text(encoding="utf-8")
    assert text.count("          - --maxmemory-policy\n") == 1
    text = text.replace("          - --maxmemory-policy\n", "          - --no-such-option\n")
    (shop / "compose.yaml").write_text(text, encoding="utf-8")
    return workspace


def test_a_run_says_which_service_and_why(broken: Workspace) -> None:
    done = tocsin(broken, "run", "short", "--json")
    assert done.returncode == 4, done.stderr
    assert "redis-1 ended. Its last log lines:" in done.stderr
    assert "no-such-option" in done.stderr
    assert json.loads(done.stdout)["verdict"] == "invalid"
    assert processes_in(broken.root) == []
    assert status(broken)["to_recover"] == []


def test_so_does_up(broken: Workspace) -> None:
    done = tocsin(broken, "up")
    assert done.returncode == 4, done.stderr
    assert "no-such-option" in done.stderr
    assert processes_in(broken.root) == []
    assert status(broken)["running"] is False
