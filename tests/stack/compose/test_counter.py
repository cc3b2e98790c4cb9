"""A project of another shape, with labels added and its program as it was: drilled, and touched nowhere else."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import ROOT
from tests.live import tocsin
from tests.stack.compose.conftest import need
from tests.stack.compose.facts import facts

from tocsin.director.places import stack_places
from tocsin.stack.backends import backend
from tocsin.stack.compose.backend import ComposeStack
from tocsin.stack.residue import stack_residue
from tocsin.workspace import Workspace

pytestmark = pytest.mark.stack

PROJECT = Path(__file__).with_name("counter")
DRILL = """\
title: A drill on the counter
stack: counter
backend: compose
load: {{profile: visits, scale: 1, for: 60s}}
steady: {{for: 8s}}
faults:
  - {{at: 1s, fault: {fault}, target: {target}, for: 10s, with: {parameters}}}
respond: {{mode: none}}
expect: {{detected_within: 15s}}
"""
DRILLS = {
    "slow-store": ("edge.latency", "web-store", "{latency: 400}"),
    "frozen-web": ("service.pause", "web", "{}"),
}


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    need(PROJECT / "compose.yaml")
    root = tmp_path_factory.mktemp("counter")
    shutil.copytree(PROJECT, root / "compose" / "counter")
    (root / "loadprofiles").mkdir()
    (root / "compose" / "counter" / "visits.py").rename(root / "loadprofiles" / "visits.py")
    (root / "drills").mkdir()
    for name, (fault, target, parameters) in DRILLS.items():
        text = DRILL.format(fault=fault, target=target, parameters=parameters)
        (root / "drills" / f"{name}.yaml").write_text(text, encoding="utf-8")
    (root / "tocsin.toml").write_text('[workspace]\ndefault_stack = "counter"\n', encoding="utf-8")
    return Workspace(root, (root, ROOT))


@pytest.fixture(scope="module")
def counter(workspace: Workspace) -> Iterator[ComposeStack]:
    done = tocsin(workspace, "up", "--stack", "compose")
    assert done.returncode == 0, done.stderr
    stack = backend("compose").running(stack_places(workspace, "counter", "compose"))
    assert isinstance(stack, ComposeStack)
    yield stack
    assert tocsin(workspace, "down").returncode == 0


@pytest.mark.parametrize("name", DRILLS)
def test_it_is_drilled_and_is_as_before(counter: ComposeStack, workspace: Workspace, name: str) -> None:
    before = facts(counter)
    assert len(before) == 6  # five containers, one edge
    done = tocsin(workspace, "run", name, "--json")
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    assert told["verdict"] == "held"
    assert told["injections"][0]["bit"] is not None
    assert [breach["slo"] for breach in told["breaches"]][:1] == ["page-latency"]
    assert told["residue"] == []
    assert facts(counter) == before
    assert stack_residue(counter) == []


@pytest.mark.parametrize(
    ("fault", "target", "why"),
    [
        ("service.pause", "store", "store does not allow service.pause"),
        ("service.pause", "cleaner", "unknown target 'cleaner'"),
        ("edge.down", "web-store", "web-store does not allow edge.down"),
    ],
)
def test_what_does_not_opt_in_is_not_touched(
    counter: ComposeStack, workspace: Workspace, fault: str, target: str, why: str
) -> None:
    before = facts(counter)
    done = tocsin(workspace, "inject", fault, "--target", target, "--for", "2s")
    assert done.returncode == 2
    assert why in done.stderr
    assert facts(counter) == before
