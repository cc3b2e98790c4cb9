"""What the director's tests share: an incident whose detector and classifier say what they are told to say."""

from pathlib import Path
from typing import Any

import pytest
from tests.conftest import breach, hypothesis

from tocsin import clock
from tocsin.detect.detection import Detection
from tocsin.detect.met import SloState
from tocsin.director import incident as module
from tocsin.director.incident import Incident, Rules
from tocsin.director.recorder import Recorder, RunClock
from tocsin.model.hypothesis import Hypothesis
from tocsin.model.run import RunMeta
from tocsin.model.slo import Breach
from tocsin.model.window import SampleWindow
from tocsin.tape.store import Tape

EMPTY = SampleWindow(0, 100, {})


class Given:
    """Stands for detector and classifier: what they say is given, second by second."""

    def __init__(self) -> None:
        self.breaches: list[Breach] = [breach(slo="target_down")]
        self.states: dict[str, SloState] = {}
        self.ranked: list[Hypothesis] = [hypothesis("kafka.consumer_pause", 0.5)]
        self.now = 96.0

    def detect(self, *_: Any, **__: Any) -> Detection:
        return Detection(self.breaches, self.states, {}, [])

    def classify(self, *_: Any, **__: Any) -> list[Hypothesis]:
        return list(self.ranked)


@pytest.fixture
def given_(monkeypatch: pytest.MonkeyPatch) -> Given:
    found = Given()
    monkeypatch.setattr(module, "detect", found.detect)
    monkeypatch.setattr(module, "classify", found.classify)
    monkeypatch.setattr(module, "mitigated_since", lambda *_, **__: None)
    monkeypatch.setattr(module, "resolved_since", lambda *_, **__: None)
    return found


@pytest.fixture
def recorder(tmp_path: Path, meta: RunMeta, given_: Given, monkeypatch: pytest.MonkeyPatch) -> Recorder:
    clock = RunClock()
    monkeypatch.setattr(clock, "now", lambda: given_.now)
    return Recorder(Tape.create(tmp_path / "tape.db", meta), clock, lambda _: None)


@pytest.fixture
def incident(meta: RunMeta, recorder: Recorder) -> Incident:
    rules = Rules(meta.slos, meta.signals, meta.topology, meta.playbooks)
    return Incident(rules, recorder, (22, 82))


class WillingGuardian:
    """Does at once what it is asked for, and remembers it."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []
        self.prolonged: list[tuple[str, float]] = []

    def apply(self, entry: str, *_: Any) -> int:
        self.asked.append(("apply", entry))
        return len(self.asked)

    def revert(self, entry: str) -> int:
        self.asked.append(("revert", entry))
        return len(self.asked)

    def prolong(self, entry: str, seconds: float) -> int:
        self.prolonged.append((entry, seconds))
        return 0

    def answer(self, _request: int) -> dict[str, Any]:
        return {"result": {}, "at": clock.monotonic(), "residue": []}
