"""Which screen shows what: a run that goes on, one that is over, one that is being started."""

from pathlib import Path

from textual.screen import Screen

from tocsin.console.launch import Launch
from tocsin.console.screens.live import LiveScreen, Person
from tocsin.console.screens.replay import ReplayScreen
from tocsin.ledger.store import is_held
from tocsin.model.person import Role
from tocsin.workspace import Workspace


def run_screen(
    workspace: Workspace, folder: Path, who: str, role: Role = "responder", *, speed: float = 1.0
) -> Screen[None]:
    """The screen of a run: live while somebody runs it, a replay afterwards.

    Raises:
        BadInput: when its tape cannot be shown.
    """
    if is_held(folder / "ledger.jsonl"):
        return LiveScreen(lambda: folder, Person(who, role), workspace)
    return ReplayScreen(folder / "tape.db", speed=speed, role=role)


def launch_screen(workspace: Workspace, words: list[str], who: str, role: Role = "responder") -> LiveScreen:
    """The screen of a run that is started now.

    Raises:
        BadInput: when it cannot be started.
    """
    launch = Launch(workspace, words)
    return LiveScreen(launch.run_folder, Person(who, role), workspace)
