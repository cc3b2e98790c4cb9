"""A whole drill on real servers, in small: from the file to the document, the same way a person runs it."""

import json
import re

import pytest
from tests.live import make_live_workspace, processes_in, status, tocsin

from tocsin.workspace import Workspace

pytestmark = [pytest.mark.stack, pytest.mark.alone]


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return make_live_workspace(tmp_path_factory.mktemp("drill") / "workspace")


def test_a_drill_from_file_to_document(workspace: Workspace) -> None:
    done = tocsin(workspace, "run", "short", "--json", "--seed", "11")
    result = json.loads(done.stdout)  # one object and nothing else
    assert (done.returncode, result["verdict"]) == (0, "held"), done.stderr
    assert result["residue"] == []
    assert result["injections"][0]["bit"] is not None
    assert result["stamps"]["detected"] is not None
    assert result["hypotheses"][0]["cause"] == "kafka.consumer_pause"
    assert [action["remedy"] for action in result["actions"]][:1] == ["restart"]
    assert result["actions"][0]["measured"]
    assert all(invariant["met"] for invariant in result["invariants"])
    assert result["load"]["completed"] > 1000
    assert processes_in(workspace.root) == []
    assert status(workspace)["to_recover"] == []


def test_its_document_is_written_again_from_the_tape_alone(workspace: Workspace) -> None:
    document = next(workspace.incidents.glob("*/incident.md"))
    before = {path.name: path.read_bytes() for path in document.parent.iterdir()}
    assert tocsin(workspace, "report", "last").returncode == 0
    assert {path.name: path.read_bytes() for path in document.parent.iterdir()} == before
    text = document.read_text(encoding="utf-8")
    assert re.search(r"!\[.*\]\(lanes\.svg\)", text)
    assert "nan" not in text.lower().replace("instance", "").replace("finance", "")


def test_it_is_replayed_and_listed(workspace: Workspace) -> None:
    played = tocsin(workspace, "replay", "last", "--speed", "0").stdout
    assert "injected kafka.consumer_pause into coupon-issuer" in played
    assert "verdict " in played
    sealed = tocsin(workspace, "replay", "last", "--speed", "0", "--sealed").stdout
    assert "injected" not in sealed
    rows = json.loads(tocsin(workspace, "list", "runs", "--json").stdout)
    assert [row["drill"] for row in rows] == ["short"]


def test_the_runbook_page_knows_of_it(workspace: Workspace) -> None:
    page = (workspace.root / "runbooks" / "kafka.consumer_pause.md").read_text(encoding="utf-8")
    assert "**Last drilled:**" in page
    assert "1 run on record" in page


def test_a_fault_that_cannot_bite_makes_the_drill_invalid(workspace: Workspace) -> None:
    text = (workspace.root / "drills" / "short.yaml").read_text(encoding="utf-8")
    harmless = text.replace(
        "fault: kafka.consumer_pause, target: coupon-issuer, for: 30s, with: {replicas: all}",
        "fault: mysql.cpu_throttle, target: mysql, for: 30s, with: {cores: 8}",
    ).replace("steady: {for: 15s}", "steady: {for: 8s}")
    (workspace.root / "drills" / "harmless.yaml").write_text(harmless, encoding="utf-8")
    done = tocsin(workspace, "run", "harmless", "--json")
    result = json.loads(done.stdout)
    assert (done.returncode, result["verdict"]) == (4, "invalid"), done.stderr
    assert result["injections"][0]["bit"] is None
    assert "never took effect" in done.stderr
    assert processes_in(workspace.root) == []
