"""A real engine, or a loud word that there is none.

With ``TOCSIN_COMPOSE=yes`` its absence is a failure and never a skip; with ``no`` nothing is run, and that is said.
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.conftest import ROOT
from tests.stack.compose.gate import Gate

from tocsin.director.places import stack_places
from tocsin.errors import TocsinError
from tocsin.stack.backends import backend
from tocsin.stack.compose.backend import ComposeStack
from tocsin.stack.compose.command import compose_version
from tocsin.stack.compose.engine import connect, engine_host
from tocsin.stack.composefile import read_compose_file
from tocsin.stack.places import Places
from tocsin.workspace import Workspace

WANTED = "TOCSIN_COMPOSE"
TINY = Path(__file__).with_name("tiny.yaml")
_not_run: list[str] = []


def missing(compose: Path) -> str:
    """Why a stack cannot be run on containers here; empty when it can."""
    if shutil.which("docker") is None:
        return "there is no docker command"
    try:
        compose_version()
        engine = connect()
        images = {service.image for service in read_compose_file(compose).container_services.values()}
        absent = sorted(image for image in images if image and not engine.has_image(image))
    except TocsinError as error:
        return error.message
    return f"no image {', '.join(absent)} here; tests/stack/images/build makes stand-ins" if absent else ""


def need(compose: Path) -> None:
    """Fail or skip, loudly, where a stack cannot be run on containers."""
    wanted = os.environ.get(WANTED, "")
    why = f"{WANTED}=no" if wanted == "no" else missing(compose)
    if not why:
        return
    if wanted not in {"", "no"}:
        pytest.fail(f"{WANTED} is set, and {why}", pytrace=False)
    _not_run.append(why)
    pytest.skip(f"NOT RUN ON CONTAINERS: {why}")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for why in dict.fromkeys(_not_run):
        count = _not_run.count(why)
        terminalreporter.write_line(
            f"NOT RUN ON CONTAINERS ({count} tests or groups): {why}. {WANTED}=1 makes this a failure.", red=True
        )


def tiny_workspace(root: Path) -> Workspace:
    """A workspace with a small stack: a Redis, a proxy, two clients, a job."""
    folder = root / "compose" / "tiny"
    folder.mkdir(parents=True)
    shutil.copy(TINY, folder / "compose.yaml")
    (root / "tocsin.toml").write_text('[workspace]\ndefault_stack = "tiny"\n', encoding="utf-8")
    return Workspace(root, (root, ROOT))


@pytest.fixture(scope="module")
def gate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gate]:
    """A way to the engine that can be shut; everything in a module that uses it goes through it."""
    need(TINY)
    engine = engine_host()
    path = tmp_path_factory.mktemp("gate") / "docker.sock"
    with Gate(path, engine.removeprefix("unix://")) as found, pytest.MonkeyPatch.context() as patch:
        patch.setenv("DOCKER_HOST", found.host)
        yield found


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory, gate: Gate) -> Workspace:
    return tiny_workspace(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="module")
def places(workspace: Workspace) -> Places:
    return stack_places(workspace, "tiny", "compose")


@pytest.fixture(scope="module")
def tiny(places: Places) -> Iterator[ComposeStack]:
    """The small stack, up for a module; nothing of it may be left afterwards."""
    compose = backend("compose")
    stack = compose.up(places, seed=7, progress=lambda _: None)
    assert isinstance(stack, ComposeStack)
    instance = stack.reference.instance
    yield stack
    assert compose.leftovers(places)  # it ran until now
    assert compose.down(places) > 0
    assert compose.leftovers(places, instance) == []
