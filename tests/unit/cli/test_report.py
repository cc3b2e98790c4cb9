"""``tocsin report`` writes every format in every language, and finds the twin of a run by itself."""

import json
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from tests.conftest import Story
from typer.testing import CliRunner

from tocsin.cli import build
from tocsin.model.gameday import DrillEntry, GameDay, GameDayDrill, GameDayRecord
from tocsin.model.run import RunMeta
from tocsin.tape.fold import fold
from tocsin.tape.result import run_result
from tocsin.tape.store import Tape, TapeReader
from tocsin.workspace import Workspace

Report = Callable[..., str]


@pytest.fixture
def report(workspace: Workspace, meta: RunMeta, story: Story, monkeypatch: pytest.MonkeyPatch) -> Report:
    """Calls ``tocsin report`` on a run of the shared story and returns what it printed."""
    _write(workspace, meta, story)
    monkeypatch.chdir(workspace.root)

    def call(*words: str) -> str:
        done = CliRunner().invoke(build(("report",)), ["report", meta.run, *words])
        assert done.exit_code == 0, done.output
        return done.stdout

    return call


def _write(workspace: Workspace, meta: RunMeta, lines: Story) -> Path:
    path = workspace.runs / meta.run / "tape.db"
    with Tape.create(path, meta) as tape:
        for t, data in lines:
            tape.append(t, meta.started + t, data)
    return path


@pytest.mark.parametrize(
    ("words", "place"),
    [
        ((), "incident.md"),
        (("--format", "html"), "incident.html"),
        (("--format", "junit"), "junit.xml"),
        (("--lang", "ko"), "ko/incident.md"),
        (("--lang", "ko", "--format", "html"), "ko/incident.html"),
    ],
)
def test_a_report_lies_where_it_says(
    words: tuple[str, ...], place: str, report: Report, workspace: Workspace, meta: RunMeta
) -> None:
    path = Path(report(*words).strip())
    assert path == workspace.incidents / meta.run / place
    text = path.read_text(encoding="utf-8")
    assert ("장애 보고서" in text) is ("ko" in words)
    if place.endswith(".html"):
        assert [other.name for other in path.parent.iterdir()] == [path.name]
    if place.endswith(".xml"):
        assert ET.fromstring(text).find("testsuite") is not None  # noqa: S314 - our own file


def test_json_is_what_a_run_prints_and_the_scores(report: Report, workspace: Workspace, meta: RunMeta) -> None:
    found = json.loads(report("--format", "json"))
    scores = found.pop("scores")
    path = workspace.runs / meta.run / "tape.db"
    with TapeReader.open(path) as reader:
        state = fold(reader.meta, reader.events())
    document = str(workspace.incidents / meta.run / "incident.md")
    assert found == run_result(state, meta, str(path), document).model_dump(mode="json")
    assert [score["who"] for score in scores] == ["auto"]
    assert {"name", "points", "of", "why"} == set(scores[0]["lines"][0])


def test_runbook_pages_come_in_the_same_language(report: Report, workspace: Workspace) -> None:
    pages = [Path(line) for line in report("--runbook", "--lang", "ko").split()]
    assert pages[1:] == [workspace.root / "runbooks" / "ko" / "kafka.consumer_pause.md"]
    assert "최근 훈련" in pages[1].read_text(encoding="utf-8")


def test_an_unknown_language_or_format_is_refused(report: Report, meta: RunMeta) -> None:
    for words in (("--lang", "de"), ("--format", "pdf")):
        done = CliRunner().invoke(build(("report",)), ["report", meta.run, *words])
        assert done.exit_code == 2


def test_a_broken_tape_beside_a_run_is_no_twin_and_no_trouble(report: Report, workspace: Workspace) -> None:
    broken = workspace.runs / "29991231-000000-x"
    broken.mkdir()
    (broken / "tape.db").write_bytes(b"no tape" * 1000)
    assert "incident.md" in report()


def test_the_summary_of_a_game_day_is_written_again_in_every_form(report: Report, workspace: Workspace) -> None:
    plan = GameDay(title="First Friday", objective="x", drills=[GameDayDrill(drill="redis/flush")])
    entry = DrillEntry(number=1, drill="redis/flush", title="x", plan=plan.drills[0], seed=7, verdict="held", run="r")
    record = GameDayRecord(
        id="day-1", gameday="first-friday", path="x", plan=plan, responder="auto", started=0.0, entries=[entry],
        state="done",
    )  # fmt: skip
    folder = workspace.gameday_records / "day-1"
    folder.mkdir(parents=True)
    (folder / "gameday.json").write_text(record.model_dump_json(by_alias=True), encoding="utf-8")

    def call(*words: str) -> str:
        done = CliRunner().invoke(build(("report",)), ["report", "day-1", *words])
        assert done.exit_code == 0, done.output
        return done.stdout.strip()

    assert call() == str(folder / "gameday.md")
    assert call("--format", "html") == str(folder / "gameday.html")
    assert call("--format", "junit") == str(folder / "junit.xml")
    assert call("--lang", "ko") == str(folder / "ko" / "gameday.md")
    assert "# 게임 데이" in (folder / "ko" / "gameday.md").read_text(encoding="utf-8")
    assert json.loads(call("--format", "json"))["id"] == "day-1"
    assert ET.parse(folder / "junit.xml").getroot().find("testsuite") is not None  # noqa: S314 - our own file
