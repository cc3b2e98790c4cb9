"""A blind run tells nothing of its cause: not in the process list, nor in what it prints, lists and calls its files."""

import os
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import STARTED, Story

from tocsin.cli import blind, catalogue, output, status
from tocsin.cli.responder import parse_responder
from tocsin.cli.watching import title_of, watcher_for
from tocsin.director.plan import Choices, Plan, make_plan
from tocsin.director.session import BLIND_NAME, new_run_folder, run_meta
from tocsin.errors import BadInput
from tocsin.ledger.store import Ledger
from tocsin.model.event import Event
from tocsin.tape.store import Tape
from tocsin.workspace import Workspace

DRILL = "kafka/coupon-consumer-pause"
TELLING = ("kafka", "consumer", "pause", "issuers freeze")


@pytest.fixture
def blind_plan(workspace: Workspace) -> Plan:
    return make_plan(workspace, DRILL, Choices(blind=True, responder="human"))


def test_the_process_starts_itself_again_without_the_drills_name(monkeypatch: pytest.MonkeyPatch) -> None:
    began: list[list[str]] = []
    monkeypatch.setattr(sys, "orig_argv", ["python", "-c", "...", "run", DRILL, "--blind"])
    monkeypatch.setattr(os, "execv", lambda _, command: began.append(command))
    blind.seal_process(DRILL)
    word = began[0][4]
    assert not any(telling in " ".join(began[0]) for telling in TELLING)
    assert began[0][:4] + began[0][5:] == ["python", "-c", "...", "run", "--blind"]
    assert os.get_inheritable(int(word.partition(":")[2]))
    assert blind.unsealed(word) == DRILL
    monkeypatch.setattr(sys, "orig_argv", began[0])
    blind.seal_process(DRILL)  # the second time there is nothing to hide
    assert len(began) == 1


def test_a_word_that_says_nothing_is_told() -> None:
    assert blind.unsealed("redis/latency") == "redis/latency"
    assert blind.unsealed("sealed:x") == "sealed:x"
    with pytest.raises(BadInput, match="is no drill"):
        blind.unsealed("sealed:987")


def test_what_it_is_called_does_not_tell(workspace: Workspace, blind_plan: Plan) -> None:
    names = (str(new_run_folder(workspace, BLIND_NAME).relative_to(workspace.root)), title_of(blind_plan))
    assert not any(telling in name.lower() for telling in TELLING for name in names)
    assert title_of(make_plan(workspace, DRILL, Choices())).startswith("Coupon issuers freeze")


def test_what_it_prints_does_not_tell_before_the_verdict(
    blind_plan: Plan, story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[str] = []
    monkeypatch.setattr(output.progress, "print", shown.append)
    watch = watcher_for(blind_plan)
    for number, (t, data) in enumerate(story):
        if data.kind not in ("hypotheses", "classified"):  # where people respond these are hidden, and tested so
            watch(Event(seq=number, t=t, wall=t, data=data))
    text = "\n".join(shown[:-1]).lower()
    assert "acknowledged" in text
    assert not any(telling in text for telling in ("kafka.", "frozen", "injected", "consumer_pause"))
    assert "verdict held" in shown[-1]


def _going_on(plan: Plan, workspace: Workspace) -> tuple[Path, Ledger]:
    """A blind run whose fault is in place; its folder, and the ledger that its guardian holds."""
    folder = workspace.runs / "20261125-140000-blind"
    folder.mkdir(parents=True)
    with Tape.create(folder / "tape.db", run_meta(plan, folder.name, STARTED)):
        pass
    ledger = Ledger(folder / "ledger.jsonl")
    ledger.intend("i1", "injection", {"fault": "kafka.consumer_pause", "target": "coupon-issuer", "stack": "shop"})
    return folder, ledger


def test_neither_lists_nor_status_tell_while_it_goes_on(blind_plan: Plan, workspace: Workspace) -> None:
    folder, ledger = _going_on(blind_plan, workspace)
    row: dict[str, Any] = catalogue._run_row(folder)
    assert row["drill"] == "sealed"
    rows = status._injections(workspace)
    assert [(one["fault"], one["target"]) for one in rows] == [("sealed", "sealed")]
    ledger.close()  # the guardian is gone: now it is for recovery, and has to be told
    assert [one["fault"] for one in status._injections(workspace)] == ["kafka.consumer_pause"]


def test_who_responds_as_it_is_written() -> None:
    assert parse_responder(None) == (None, None)
    assert parse_responder("human") == ("human", None)
    assert parse_responder("script:a/b.yaml") == ("script", "a/b.yaml")
    for wrong in ("humna", "human:x", ""):
        with pytest.raises(BadInput, match="none of auto, human"):
            parse_responder(wrong)
