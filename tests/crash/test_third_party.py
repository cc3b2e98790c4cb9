"""A fault of somebody else's package is undone as ours are: the guarantee is the engine's, not the fault author's."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.conftest import ROOT
from tests.live import TOCSIN, make_live_workspace, processes_in, status, tocsin

from tocsin import clock
from tocsin.ledger.store import is_held, read_ledger
from tocsin.workspace import Workspace

pytestmark = pytest.mark.crash

FAULT = '''
from typing import ClassVar
from pydantic import BaseModel, ConfigDict
from tocsin.model.fault import FaultSpec, Injection, Proof
from tocsin.model.stack import Stack

class Parameters(BaseModel):
    model_config = ConfigDict(extra="forbid")

class NoCache:
    """Switches the shop's cache off; knows nothing of guardians and ledgers."""
    spec: ClassVar[FaultSpec] = FaultSpec(
        id="acme.no_cache", cause="acme.no_cache", component="http", holds="data", undo="reversible", summary="none",
    )
    Parameters: ClassVar[type[BaseModel]] = Parameters
    def plan(self, stack: Stack, injection: Injection) -> Injection:
        return injection.model_copy(update={"prior": {"cache": stack.flags()["cache"]}})
    def apply(self, stack: Stack, injection: Injection) -> None:
        stack.set_flag("cache", False)
    def revert(self, stack: Stack, injection: Injection) -> None:
        stack.set_flag("cache", injection.prior["cache"])
    def bites(self, stack: Stack, injection: Injection) -> Proof:
        return Proof(holds=not stack.flags()["cache"], evidence="the flag")
    def residue(self, stack: Stack, injection: Injection) -> list[str]:
        return [] if stack.flags()["cache"] == injection.prior["cache"] else ["the cache is still off"]
'''


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installed package that brings a fault through the entry point, on a path of its own."""
    folder = tmp_path_factory.mktemp("site")
    (folder / "acme_faults.py").write_text(FAULT, encoding="utf-8")
    info = folder / "acme_faults-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-faults\nVersion: 1.0\n", encoding="utf-8")
    (info / "entry_points.txt").write_text("[tocsin.faults]\nacme.no_cache = acme_faults:NoCache\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """A running stack whose shop opts in to the foreign fault."""
    found = make_live_workspace(tmp_path_factory.mktemp("foreign") / "workspace")
    shop = found.root / "compose" / "shop"
    shutil.copytree(ROOT / "compose" / "shop", shop, ignore=shutil.ignore_patterns("__pycache__"))
    text = (shop / "compose.yaml").read_text(encoding="utf-8")
    assert "allow: [service.pause, service.kill, service.cpu_throttle]" in text
    text = text.replace(
        "allow: [service.pause, service.kill, service.cpu_throttle]",
        "allow: [service.pause, service.kill, service.cpu_throttle, acme.no_cache]",
    )
    (shop / "compose.yaml").write_text(text, encoding="utf-8")
    assert tocsin(found, "up").returncode == 0
    yield found
    assert tocsin(found, "down").returncode == 0
    assert processes_in(found.root) == []


def test_it_is_undone_after_a_kill_of_the_director(workspace: Workspace, package: Path) -> None:
    environment = dict(os.environ) | {"PYTHONPATH": str(package)}
    words = [*TOCSIN, "inject", "acme.no_cache", "--target", "app", "--for", "60s"]
    with subprocess.Popen(words, cwd=workspace.root, env=environment, stderr=subprocess.PIPE) as hand:

        def applied() -> bool:
            rows = status(workspace)["injections"]
            return bool(rows) and rows[0]["state"] == "applied"

        assert clock.wait_until(applied, timeout=60.0, every=0.2)
        hand.kill()
    ledger = workspace.ledgers()[-1]
    assert clock.wait_until(lambda: not is_held(ledger), timeout=30.0, every=0.1)
    assert [entry.state for entry in read_ledger(ledger)] == ["verified"]
