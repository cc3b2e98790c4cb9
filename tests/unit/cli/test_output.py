"""In a log there is a sign of life now and then, on a terminal a line that changes."""

import pytest
from rich.console import Console

from tocsin import clock
from tocsin.cli import output


def test_a_log_gets_a_line_every_half_minute(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 100.0
    monkeypatch.setattr(clock, "monotonic", lambda: now)
    monkeypatch.setattr(output, "progress", Console(stderr=True, highlight=False, force_terminal=False))
    with output.waiting_line() as show:
        for _ in range(65):
            now += 1.0
            show(f"watching: [{int(now)}]")
    lines = capfd.readouterr().err.splitlines()
    assert lines == ["· watching: [130]", "· watching: [160]"]
