"""The summary of a game day tells every drill, sets it beside earlier ones, and is valid for people and for CI."""

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import html5lib
import pytest
from tests.conftest import ROOT

from tocsin.model.gameday import BudgetSpent, CheckResult, DrillEntry, GameDay, GameDayDrill, GameDayRecord, ScoreLine
from tocsin.model.verdict import Stamps, Verdict
from tocsin.retro.gameday import earlier_records, write_summary
from tocsin.retro.gameday.findings import findings, surprises
from tocsin.retro.gameday.summary import render_summary
from tocsin.retro.language import ENGLISH, KOREAN

DAY = 86400.0
TEMPLATES = ROOT / "runbooks" / "templates"
WELL = Stamps(
    injected=90.0, impact=91.0, detected=95.0, acknowledged=96.0, classified=99.0, mitigated=105.0, resolved=110.0
)


def _entry(number: int, drill: str, verdict: Verdict | None = "held", stamps: Stamps = WELL) -> DrillEntry:
    plan = GameDayDrill(drill=drill, hypothesis=f"the shop survives {drill} | and so on" if number == 1 else "")
    return DrillEntry(
        number=number, drill=drill, title=drill, plan=plan, seed=7, state="done" if verdict else "skipped", attempts=1,
        started=1000.0 * number, ended=1000.0 * number + 160.0, run=f"run-{number}" if verdict else "",
        verdict=verdict, reasons=[] if verdict == "held" else ["detected_within was not met"] if verdict else [],
        stamps=stamps, budget=[BudgetSpent(slo="a", bad=5, total=9, seconds=12.5)] if verdict else [], hints=number - 1,
        score=80.0 if verdict else None,
        score_lines=[
            ScoreLine(name="minutes", points=30, of=44, why="well | done", who="auto"),
            ScoreLine(name="safety", points=2, of=16, why="an SLO was made worse", who="auto"),
            ScoreLine(name="diagnosis", points=1, of=25, why="never named", who="Bo"),
        ] if verdict else [],
    )  # fmt: skip


def _record(name: str = "now", started: float = 30 * DAY, entries: list[DrillEntry] | None = None) -> GameDayRecord:
    day = GameDay(
        title="First Friday", objective="Find the gaps.", roles={"commander": "Kim"}, hypotheses=["People stay calm"],
        briefing="Read the runbooks.", debrief="What surprised you?", drills=[GameDayDrill(drill="redis/flush")],
    )  # fmt: skip
    alarm = Stamps(detected=50.0)
    listed = entries or [
        _entry(1, "redis/flush"),
        _entry(2, "mysql/cpu", "missed", WELL.model_copy(update={"mitigated": None})),
        _entry(3, "no-fault", "held", alarm),
        _entry(4, "kafka/pause", None),
    ]
    return GameDayRecord(
        id=name, gameday="first-friday", path="drills/gamedays/first-friday.yaml", plan=day, responder="auto",
        started=started, ended=started + 3600.0, state="done", entries=listed, tocsin="0.1.0",
        checks=[
            CheckResult(what="starts are allowed", met=True), CheckResult(what="tell the team", met=None),
            CheckResult(what="disk", met=False, detail="2 GB free"),
        ],
    )  # fmt: skip


def _keep(folder: Path, record: GameDayRecord) -> Path:
    own = folder / record.id
    own.mkdir(parents=True)
    (own / "gameday.json").write_text(record.model_dump_json(by_alias=True), encoding="utf-8")
    return own


def _find(name: str) -> Path:
    return TEMPLATES / name


@pytest.fixture
def written(tmp_path: Path) -> list[Path]:
    quick = _entry(1, "redis/flush", "held", WELL.model_copy(update={"detected": 92.0, "mitigated": 95.0}))
    _keep(tmp_path, _record("earlier", 10 * DAY, [quick]))
    _keep(tmp_path, _record("later", 90 * DAY, [quick]))
    other = _record("other", 5 * DAY).model_copy(update={"gameday": "another"})
    _keep(tmp_path, other)
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "gameday.json").write_text("{", encoding="utf-8")
    return write_summary(_keep(tmp_path, _record()), _record(), template=_find)


def test_document_page_and_results_are_written(written: list[Path]) -> None:
    assert [path.name for path in written] == ["gameday.md", "gameday.html", "junit.xml"]
    page = written[1].read_text(encoding="utf-8")
    html5lib.HTMLParser(strict=True).parse(page)
    ET.fromstring(page.replace("<!DOCTYPE html>", "", 1))  # noqa: S314 - our own file
    assert page.count('class="chart"') == 3


def test_every_drill_has_its_row_with_verdict_times_budget_and_score(written: list[Path]) -> None:
    text = written[0].read_text(encoding="utf-8")
    assert "| 1 | redis/flush | run-1 | held | 4.0 s | 1.0 s | 4.0 s | 10.0 s | 19.0 s | 12.5 s | 0 | 80 |" in text
    assert "| 2 | mysql/cpu | run-2 | **missed** | 4.0 s | 1.0 s | 4.0 s | – | 19.0 s | 12.5 s | 1 | 80 |" in text
    assert "Not run: kafka/pause (skipped)." in text
    assert "**2 of 4 drills held.** 1 was not run." in text
    assert "| commander | Kim |" in text


def test_hypotheses_are_held_or_not_and_peoples_own_are_left_to_people(written: list[Path]) -> None:
    text = written[0].read_text(encoding="utf-8")
    assert r"| the shop survives redis/flush \| and so on | redis/flush | held |" in text
    assert "| every expectation and invariant of the drill is met | mysql/cpu | **not held** |" in text
    assert "| People stay calm | the whole game day | for people to judge in the debrief |" in text


def test_surprises_follow_from_the_figures() -> None:
    before = _record("a", 0.0, [_entry(1, "redis/flush", "held", WELL.model_copy(update={"mitigated": 97.0}))])
    told = surprises(_record(), [before], ENGLISH)
    assert "redis/flush: TTM was 10.0 s, against 2.0 s in earlier game days (median of 1)." in told
    assert "mysql/cpu was missed: detected_within was not met." in told
    assert "no-fault: a page came at 50 s although nothing was broken." in told
    assert "mysql/cpu: the SLOs were not met again before the drill took the fault away." in told
    assert surprises(_record(entries=[_entry(1, "redis/flush")]), [], ENGLISH) == []


def test_findings_have_a_day_and_a_command_the_most_urgent_first() -> None:
    found = findings(_record(started=0.0), ENGLISH)
    assert [one.retest for one in found] == ["1970-01-29", "1970-02-26", "1970-02-26", "1970-02-26"]
    assert (found[0].drill, found[0].command) == ("mysql/cpu", "tocsin run mysql/cpu --seed 7")
    assert found[1].text == "safety: 2.0 of 16.0 points (an SLO was made worse)"


def test_the_trend_is_of_earlier_game_days_of_the_same_name_only(written: list[Path], tmp_path: Path) -> None:
    assert [one.id for one in earlier_records(tmp_path / "now", _record())] == ["earlier"]
    text = written[0].read_text(encoding="utf-8")
    section = text.split("## Trend\n", 1)[1].split("\n## ", 1)[0]
    assert "| 1 | earlier | 1970-01-11 | 1 of 1 | 80 | 1.0 s | 3.0 s |" in section
    assert "| 2 | now | 1970-01-31 | 2 of 3 | 80 | 4.0 s | 10.0 s |" in section
    assert section.count("](trend-") == 3
    axis = ET.parse(written[0].parent / "trend-score.svg").getroot().itertext()  # noqa: S314 - our own file
    assert list(dict.fromkeys(text for text in axis if text in ("1", "2", "3"))) == ["1", "2"]
    for name in ("score", "detected", "mitigated"):
        assert ET.parse(written[0].parent / f"trend-{name}.svg").getroot().tag.endswith("svg")  # noqa: S314 - our own


def test_a_first_game_day_has_no_trend(tmp_path: Path) -> None:
    document = render_summary(_record(), [], _find)
    assert list(document.pictures) == []
    assert "This is the first game day of this name" in document.text


def test_junit_has_a_suite_per_drill_and_counts_what_it_holds(written: list[Path]) -> None:
    root = ET.parse(written[2]).getroot()  # noqa: S314 - our own file
    suites = {suite.get("name"): suite for suite in root.iter("testsuite")}
    assert list(suites) == [
        "tocsin.first-friday.pre-checks", "tocsin.first-friday.1.redis/flush", "tocsin.first-friday.2.mysql/cpu",
        "tocsin.first-friday.3.no-fault", "tocsin.first-friday.4.kafka/pause", "tocsin.first-friday",
    ]  # fmt: skip
    for suite in suites.values():
        cases = suite.findall("testcase")
        assert suite.get("tests") == str(len(cases)) != "0"
        for kind, name in (("failure", "failures"), ("error", "errors"), ("skipped", "skipped")):
            assert int(suite.get(name, "0")) == len(suite.findall(f"testcase/{kind}"))
    assert suites["tocsin.first-friday.1.redis/flush"].get("failures") == "0"
    assert suites["tocsin.first-friday.2.mysql/cpu"].get("failures") == "1"
    assert suites["tocsin.first-friday.4.kafka/pause"].get("skipped") == "1"
    assert suites["tocsin.first-friday.pre-checks"].get("failures") == "1"
    assert suites["tocsin.first-friday.1.redis/flush"].get("time") == "160.000"


def test_a_game_day_that_was_stopped_or_is_running_says_so(tmp_path: Path) -> None:
    stopped = _record().model_copy(update={"state": "stopped", "reason": "two drills failed"})
    assert "Stopped: Two drills failed." in render_summary(stopped, [], _find).text
    running = _record().model_copy(update={"state": "running", "ended": None})
    text = render_summary(running, [], _find).text
    assert "It is still running." in text
    assert "kafka/pause" not in text  # what is still to come may be blind
    root = ET.parse(write_summary(tmp_path, stopped, [], _find)[2]).getroot()  # noqa: S314 - our own file
    assert root.findall("testsuite")[-1].get("errors") == "1"


def test_the_same_record_gives_the_same_bytes_and_korean_is_korean(tmp_path: Path) -> None:
    first, second = (write_summary(tmp_path / name, _record(), [], _find) for name in "ab")
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]
    text = render_summary(_record(), [_record("a", 0.0)], _find, KOREAN).text
    assert "# 게임 데이: First Friday" in text
    assert "**훈련 4개 중 2개 유지(held).** 1개는 실행하지 않았다." in text
    assert "mysql/cpu: 훈련이 결함을 제거하기 전에 SLO가 회복되지 않았다." in text
    assert "| 1 | redis/flush | run-1 | held | 4.0초 |" in text


def test_a_record_written_by_a_newer_tocsin_is_passed_over(tmp_path: Path) -> None:
    folder = _keep(tmp_path, _record("old", 0.0))
    newer = json.loads((folder / "gameday.json").read_text(encoding="utf-8")) | {"weather": "fine"}
    (folder / "gameday.json").write_text(json.dumps(newer), encoding="utf-8")
    assert earlier_records(tmp_path / "now", _record()) == []
