"""A stack of containers on an engine in memory: the shop's compose file, its services as one container each."""

from pathlib import Path

import pytest
from tests.conftest import ROOT
from tests.fake_docker import FakeDocker

from tocsin.stack.compose.backend import ComposeStack
from tocsin.stack.compose.containers import Containers
from tocsin.stack.compose.engine import INSTANCE, Engine
from tocsin.stack.compose.state import ComposeState
from tocsin.stack.composefile import ComposeFile, read_compose_file
from tocsin.stack.planned import write_state

SHOP = ROOT / "compose" / "shop" / "compose.yaml"
LABELS = {INSTANCE: "abc"}


@pytest.fixture
def docker() -> FakeDocker:
    """MySQL and the application with CPU limits, three issuers without, Toxiproxy, and a job that is over."""
    engine = FakeDocker()
    engine.add("mysql", 1, nano=400_000_000, memory=1 << 30, ports={3306: 33306}, labels=LABELS, health="healthy")
    engine.add("app", 1, nano=800_000_000, ports={8080: 38080}, labels=LABELS)
    for number in (1, 2, 3):
        engine.add("coupon-issuer", number, labels=LABELS)
    engine.add("toxiproxy", 1, ports={8474: 38474, 6379: 36379}, labels=LABELS)
    engine.end(engine.add("data", 1, labels=LABELS), code=0)
    return engine


@pytest.fixture
def engine(docker: FakeDocker) -> Engine:
    return Engine(docker)


@pytest.fixture
def compose() -> ComposeFile:
    return read_compose_file(SHOP)


@pytest.fixture
def state(tmp_path: Path, engine: Engine) -> ComposeState:
    found = ComposeState(
        stack="shop",
        instance="abc",
        compose=str(SHOP),
        folder=str(tmp_path / ".tocsin" / "stacks" / "shop-compose"),
        project="shop-1",
        seed=7,
        ports={"mysql": {"main": 33306}, "app": {"main": 38080}, "toxiproxy": {"main": 38474}},
        edges={"app-redis": 36379},
        load_port=39999,
        planned_limits={"mysql": 0.4, "app": 0.8, "coupon-issuer": None, "toxiproxy": None},
        planned_replicas={"mysql": 1, "app": 1, "coupon-issuer": 3, "toxiproxy": 1},
        ready=True,
    )
    found.containers = Containers(engine, found).known()
    return found


@pytest.fixture
def state_file(tmp_path: Path, state: ComposeState) -> Path:
    folder = Path(state.folder)
    folder.mkdir(parents=True)
    write_state(folder / "state.json", state)
    return folder / "state.json"


@pytest.fixture
def stack(state_file: Path, compose: ComposeFile, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> ComposeStack:
    monkeypatch.setattr("tocsin.stack.compose.backend.answering", lambda *_: lambda _: True)  # nobody listens
    return ComposeStack(state_file, compose, "abc", lambda: engine)
