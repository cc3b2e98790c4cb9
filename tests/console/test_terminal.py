"""A real terminal: tmux at two sizes, with 256 colours, by keys alone. Skipped, and said so, where there is no tmux."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.conftest import Story
from tests.console.conftest import write_tape

from tocsin import clock
from tocsin.model.run import RunMeta

TMUX = shutil.which("tmux")
pytestmark = pytest.mark.skipif(TMUX is None, reason="tmux is missing: the console was NOT tried in a real terminal")


class Terminal:
    """One tmux server of our own with one window."""

    def __init__(self, folder: Path, size: tuple[int, int], words: list[str]) -> None:
        self._tmux = [TMUX or "", "-S", str(folder / "tmux.sock"), "-f", os.devnull]
        columns, rows = size
        program = [
            "env",
            "TERM=screen-256color",
            "COLORTERM=",
            sys.executable,
            "-c",
            "from tocsin.cli import main; main()",
        ]
        self._run("new-session", "-d", "-x", str(columns), "-y", str(rows), "-c", str(folder), *program, *words)

    def _run(self, *words: str) -> str:
        return subprocess.run([*self._tmux, *words], check=True, capture_output=True, text=True).stdout

    def press(self, *keys: str) -> None:
        self._run("send-keys", *keys)

    def screen(self, *, colours: bool = False) -> str:
        return self._run("capture-pane", "-p", *(["-e"] if colours else []))

    def shows(self, text: str) -> None:
        assert clock.wait_until(lambda: text in self.screen(), timeout=30), f"never came: {text}\n{self.screen()}"

    def is_over(self) -> bool:
        return subprocess.run([*self._tmux, "has-session"], check=False, capture_output=True).returncode != 0

    def end(self) -> None:
        subprocess.run([*self._tmux, "kill-server"], check=False, capture_output=True)


@pytest.fixture(params=[(80, 24), (160, 45)], ids=["80x24", "160x45"])
def terminal(request: pytest.FixtureRequest, tmp_path: Path, meta: RunMeta, story: Story) -> Iterator[Terminal]:
    (tmp_path / "tocsin.toml").write_text("[workspace]\n", encoding="utf-8")
    write_tape(tmp_path / ".tocsin" / "runs" / meta.run / "tape.db", meta, story).close()
    found = Terminal(tmp_path, request.param, ["console"])
    yield found
    found.end()


def test_from_home_to_a_replay_and_back(terminal: Terminal) -> None:
    terminal.shows("kafka/coupon-consumer-pause")
    terminal.shows("held")
    terminal.press("Tab", "Enter")
    terminal.shows("faster")
    terminal.press("End")
    terminal.shows("verdict held")
    terminal.press("1")
    terminal.shows("rate requests/s")
    coloured = terminal.screen(colours=True)
    assert "\x1b[38;5;" in coloured or "38;5" in coloured  # 256 colours
    assert "38;2;" not in coloured
    terminal.press("?")
    terminal.shows("A tape with a playhead.")
    terminal.press("Escape")
    assert clock.wait_until(lambda: "A tape with" not in terminal.screen(), timeout=20), terminal.screen()
    terminal.press("q")
    terminal.shows("game days")
    terminal.press("q")
    assert clock.wait_until(terminal.is_over, timeout=20), terminal.screen()
