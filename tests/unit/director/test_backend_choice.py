"""Which backend a drill runs on, and where each keeps its files."""

from pathlib import Path

import pytest

from tocsin.cli.which import named
from tocsin.director.places import all_places, stack_places, used_places
from tocsin.director.plan import Choices, make_plan
from tocsin.errors import BadInput
from tocsin.model.stack import StackReference
from tocsin.stack.backends import BACKENDS, attach, backend
from tocsin.stack.handler import StackStart
from tocsin.workspace import Workspace

DRILL = "kafka/coupon-consumer-pause"


def test_a_drill_runs_as_processes_unless_somebody_says_otherwise(workspace: Workspace) -> None:
    assert make_plan(workspace, DRILL, Choices()).backend == "local"
    assert make_plan(workspace, DRILL, Choices(backend="compose")).backend == "compose"


@pytest.mark.parametrize(("asked", "wanted"), [(None, "compose"), ("local", "local")])
def test_a_drill_may_say_so_and_the_command_line_has_the_last_word(
    workspace: Workspace, asked: str | None, wanted: str
) -> None:
    text = workspace.drill(DRILL).read_text(encoding="utf-8")
    path = workspace.root / "drills" / "mine.yaml"
    path.parent.mkdir()
    path.write_text(text.replace("stack: shop", "stack: shop\nbackend: compose"), encoding="utf-8")
    assert make_plan(workspace, "mine", Choices(backend=asked)).backend == wanted


def test_a_backend_that_there_is_not_is_bad_input(workspace: Workspace) -> None:
    path = workspace.root / "drills" / "mine.yaml"
    path.parent.mkdir()
    text = workspace.drill(DRILL).read_text(encoding="utf-8")
    path.write_text(text.replace("stack: shop", "stack: shop\nbackend: kubernetes"), encoding="utf-8")
    with pytest.raises(BadInput, match="backend"):
        make_plan(workspace, "mine", Choices())
    with pytest.raises(BadInput, match="unknown backend 'kubernetes'"):
        attach(StackReference(name="shop", backend="kubernetes", state=""))


QUOTA = "kafka/client-quota"


def test_a_fault_that_a_backend_cannot_do_is_said_before_anything_starts(workspace: Workspace) -> None:
    assert make_plan(workspace, QUOTA, Choices()).backend == "compose"
    with pytest.raises(BadInput) as raised:
        make_plan(workspace, QUOTA, Choices(backend="local"))
    assert "kafka of the backend local cannot take kafka.client_quota: the Tansu broker has no quotas" in str(
        raised.value
    )
    assert "Run it with --stack compose." in str(raised.value)


def test_each_backend_has_a_folder_of_its_own_and_the_local_one_keeps_its_place(workspace: Workspace) -> None:
    folders = [places.folder.name for places in all_places(workspace, "shop")]
    assert folders == ["shop", "shop-compose"]
    assert [places.backend for places in all_places(workspace, "shop", "compose")] == ["compose"]


def test_where_nothing_runs_the_default_backend_is_meant_and_no_engine_is_asked(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
    assert used_places(workspace, "shop").backend == "local"
    assert used_places(workspace, "shop", "compose").backend == "compose"
    assert backend("compose").down(stack_places(workspace, "shop", "compose")) == 0


def test_a_record_of_before_means_processes() -> None:
    old = {"stack": "shop", "compose": "c", "folder": "f", "cache": "d", "tools": None, "seed": 7, "scale": {"app": 2}}
    start = StackStart.read(old)
    assert (start.backend, start.places.backend, start.instance) == ("local", "local", "")
    assert start.places.folder == Path("f")


@pytest.mark.parametrize(
    ("word", "wanted"), [(None, (None, None)), ("shop", ("shop", None)), ("compose", (None, "compose"))]
)
def test_a_word_names_a_stack_or_its_backend(word: str | None, wanted: tuple[str | None, str | None]) -> None:
    assert named(word) == wanted
    assert set(BACKENDS) == {"local", "compose"}
