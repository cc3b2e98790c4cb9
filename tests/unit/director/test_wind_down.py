"""However a run ends: what the load counted is told once it has stopped."""

import os
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import Story

from tocsin.director.interrupts import Interrupts
from tocsin.director.plan import Plan
from tocsin.director.recorder import Recorder, RunClock
from tocsin.director.run import Director
from tocsin.errors import Aborted
from tocsin.load.handler import SUMMARY
from tocsin.model.event import LoadSummary
from tocsin.model.run import RunMeta
from tocsin.tape.fold import fold
from tocsin.tape.result import run_result
from tocsin.tape.store import Tape


class StoppingGuardian:
    """A guardian whose undoing stops the load, which writes its summary as it ends."""

    pid = os.getpid()

    def __init__(self, summary: Path, text: str) -> None:
        self._summary, self._text = summary, text

    def submit(self, what: str, **_: Any) -> int:
        assert what == "finish"
        self._summary.write_text(self._text, encoding="utf-8")
        return 1

    def wait(self, _request: int, **_: Any) -> dict[str, Any]:
        return {"residue": []}

    def close(self) -> None:
        """Nothing is held."""


@pytest.mark.parametrize("failure", [Aborted("stopped"), None])
def test_the_load_is_told_when_the_drill_never_finished(
    failure: Aborted | None, plan: Plan, meta: RunMeta, story: Story, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted = next(data for _, data in story if isinstance(data, LoadSummary))
    guardian: Any = StoppingGuardian(tmp_path / SUMMARY, counted.model_dump_json())
    recorder = Recorder(Tape.create(tmp_path / "tape.db", meta), RunClock(), lambda _: None)
    director = Director(plan, meta, tmp_path, recorder, guardian, Interrupts(plan.workspace))

    def drill(_: Director) -> None:  # as when no healthy baseline came: it returns early
        if failure is not None:
            raise failure

    monkeypatch.setattr(Director, "_drill", drill)
    director.run()
    told = [event.data for event in recorder.events if isinstance(event.data, LoadSummary)]
    assert told == [counted]
    result = run_result(fold(meta, recorder.events), meta, "", "")
    assert result.load.completed == counted.completed
