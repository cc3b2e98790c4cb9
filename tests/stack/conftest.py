"""One real stack for all tests of this folder, on free loopback ports."""

from collections.abc import Iterator

import pytest
from tests.live import make_live_workspace

from tocsin.director.places import stack_places
from tocsin.errors import StackNotReady
from tocsin.model.changes import Changes
from tocsin.stack.local.backend import LocalStack
from tocsin.stack.local.lifecycle import down, leftovers, up
from tocsin.workspace import Workspace


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return make_live_workspace(tmp_path_factory.mktemp("live") / "workspace")


@pytest.fixture(scope="module")
def changes() -> Changes:
    """What the stack of a module has otherwise than the compose file; a module may have its own."""
    return Changes()


@pytest.fixture(scope="module")
def live(workspace: Workspace, changes: Changes) -> Iterator[LocalStack]:
    places = stack_places(workspace, "shop")
    places.cache.mkdir(parents=True)
    try:
        stack = up(places, seed=7, progress=lambda _: None, changes=changes)
    except StackNotReady as error:
        for log in sorted((places.folder / "logs").glob("*.log")):  # often it is another service that knows why
            error.add_note(f"{log.name}:\n{log.read_text(encoding='utf-8', errors='replace')[-2000:]}")
        raise
    yield stack
    assert leftovers(places)  # it ran until now
    assert down(places) > 0
    assert leftovers(places) == []
