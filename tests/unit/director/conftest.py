"""What the director's tests share: an incident whose detector and classifier are told what to say, and a desk."""

from pathlib import Path
from typing import Any

import pytest
from tests.conftest import breach, hypothesis
from tests.fakes import TOPOLOGY, FakeStack

from tocsin import clock
from tocsin.detect.detection import Detection
from tocsin.detect.met import SloState
from tocsin.director import incident as module
from tocsin.director.actions import Actions
from tocsin.director.control.desk import Desk
from tocsin.director.drillclock import DrillClock
from tocsin.director.incident import Incident, Rules
from tocsin.director.injector import Injector
from tocsin.director.interrupts import Interrupts
from tocsin.director.people.chair import PlayChair
from tocsin.director.people.planning import Planning
from tocsin.director.people.response import PeopleResponse
from tocsin.director.plan import Plan, causes_of
from tocsin.director.recorder import Recorder, RunClock
from tocsin.model.command import Answer, command_data
from tocsin.model.hypothesis import Hypothesis
from tocsin.model.limits import Limits
from tocsin.model.person import Role
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


class Room:
    """A drill that is being played on a stack in memory, with everybody who may be in it."""

    def __init__(self, plan: Plan, meta: RunMeta, incident: Incident, stack: FakeStack, given_: Given) -> None:
        self.meta, self.recorder, self.incident, self.given_ = meta, incident.recorder, incident, given_
        incident.hidden = True
        self.stack = stack
        self.guardian = WillingGuardian()
        guardian: Any = self.guardian
        self.actions = Actions(incident.rules, incident, guardian, self.recorder)
        self.people = PeopleResponse(
            incident=incident,
            actions=self.actions,
            planning=Planning(stack),
            recorder=self.recorder,
            forbid=["shed_load"],
            causes=causes_of(plan.playbooks),
            window=lambda: EMPTY,
        )
        self.clock = DrillClock(lambda: given_.now)
        self.injector = Injector([], Limits(), stack, guardian, self.recorder)
        self.interrupts = Interrupts(plan.workspace)
        self.desk = Desk(meta, self.recorder, self.interrupts)
        self.chair = PlayChair(
            clock=self.clock,
            injector=self.injector,
            recorder=self.recorder,
            limits=Limits(longest=60.0),
            topology=TOPOLOGY,
            mode="human",
            people=self.people,
        )
        self.desk.chair = self.chair
        self.desk.phase = "drill"

    def ask(self, command: str, role: Role = "responder", who: str = "Ann", **arguments: Any) -> Answer:
        """Say something at the desk; the answer, once there is one."""
        found: list[Answer] = []
        said = {"id": 5, "who": who, "role": role, "command": command, "arguments": arguments}
        self.desk.put(command_data.validate_python(said), found.append)

        def answered() -> bool:
            self.desk.serve()
            return bool(found)

        assert clock.wait_until(answered, timeout=10.0, every=0.01)
        assert len(found) == 1
        assert found[0].id == 5
        return found[0]

    def page(self) -> None:
        """An SLO breaks."""
        self.given_.breaches = [breach()]
        self.second()

    def second(self, ranked: float = 0.5) -> None:
        """One second passes."""
        self.given_.now += 1.0
        self.given_.ranked = [hypothesis("kafka.consumer_pause", ranked)]
        self.incident.step(EMPTY, own_revert=False)
        self.actions.step(EMPTY)

    @property
    def kinds(self) -> list[str]:
        """What stands on the tape."""
        return [event.data.kind for event in self.recorder.events]


@pytest.fixture
def room(plan: Plan, meta: RunMeta, incident: Incident, stack: FakeStack, given_: Given) -> Room:
    given_.breaches = []
    return Room(plan, meta, incident, stack, given_)
