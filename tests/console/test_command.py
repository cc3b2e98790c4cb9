"""``tocsin console``: which screen its words mean, and what it says when it cannot show one."""

import subprocess
import sys
from pathlib import Path

import pytest
from tests.conftest import Story
from tests.console.conftest import write_tape

from tocsin.cli.console import first_screen
from tocsin.console import launch
from tocsin.console.screens.home import HomeScreen
from tocsin.console.screens.live import LiveScreen
from tocsin.console.screens.replay import ReplayScreen
from tocsin.errors import BadInput
from tocsin.ledger.store import Ledger
from tocsin.model.run import RunMeta
from tocsin.workspace import Workspace


@pytest.fixture
def here(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    monkeypatch.chdir(workspace.root)
    return workspace


def test_without_words_it_is_home(here: Workspace) -> None:
    assert isinstance(first_screen(None, "ann", "responder")(), HomeScreen)


def test_a_run_is_a_replay_and_while_it_goes_on_live(here: Workspace, meta: RunMeta, story: Story) -> None:
    folder = here.runs / meta.run
    write_tape(folder / "tape.db", meta, story).close()
    replay = first_screen("last", "ann", "observer", speed=10.0)()
    assert isinstance(replay, ReplayScreen)
    assert replay.playback.speed == 10.0
    replay.close_tape()
    ledger = Ledger(folder / "ledger.jsonl")
    live = first_screen(meta.run[:10], "ann", "scribe")()
    assert isinstance(live, LiveScreen)
    assert live.role == "scribe"
    ledger.close()


def test_a_drill_is_started_with_a_person_to_respond(here: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(launch, "_PROGRAM", "import sys; open('words', 'w').write(' '.join(sys.argv[1:]))")
    screen = first_screen("redis/latency", "ann", "responder", blind=True)()
    assert isinstance(screen, LiveScreen)
    with pytest.raises(BadInput, match="did not start"):
        screen._find()
    assert Path("words").read_text(encoding="utf-8") == "run redis/latency --responder human --blind"


@pytest.mark.parametrize(("word", "said"), [("nope", "unknown run"), ("nope.yaml", "no such drill file")])
def test_what_is_not_there_is_said_to_be_missing(here: Workspace, word: str, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        first_screen(word, "ann", "responder")()


def test_without_a_terminal_it_says_what_to_do_instead(here: Workspace) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from tocsin.cli import main; main()", "console"],
        capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert done.returncode == 2
    assert "needs a terminal" in done.stderr
    assert "tocsin replay" in done.stderr


def test_the_terminal_is_taken_before_much_is_imported() -> None:
    code = (
        "import sys; import tocsin.cli.console, tocsin.console.app; "
        "print([name for name in ('numpy', 'pydantic', 'pygal', 'docker', 'locust') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
