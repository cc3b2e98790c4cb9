"""Exports hold what the tape holds, in forms that other programs read."""

import csv
import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tocsin.errors import BadInput
from tocsin.model import event as e
from tocsin.model.run import RunMeta
from tocsin.retro.export import write_dataset, write_junit, write_lines
from tocsin.tape.store import Sample, Tape, TapeReader


def test_every_event_and_sample_is_a_line(reader: TapeReader, tmp_path: Path) -> None:
    path = write_lines(reader, tmp_path / "deep" / "run.jsonl")
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    events = [line for line in lines if line["type"] == "event"]
    samples = [line for line in lines if line["type"] == "sample"]
    assert (lines[0]["type"], lines[0]["run"]) == ("meta", reader.meta.run)
    assert [line["kind"] for line in events] == [event.data.kind for event in reader.events()]
    assert len(samples) == sum(1 for _ in reader.samples()) > 1000
    assert all(line["wall"] == pytest.approx(reader.meta.started + line["t"], abs=0.001) for line in lines[1:])


def test_a_data_set_has_a_row_a_second_and_the_time_of_the_injection(reader: TapeReader, tmp_path: Path) -> None:
    case = write_dataset(reader, tmp_path)
    assert case == tmp_path / "coupon-issuer_kafka.consumer-pause" / reader.meta.run
    with (case / "data.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    times = [int(row["time"]) for row in rows]
    assert times == list(range(times[0], times[0] + len(times)))
    injected = int((case / "inject_time.txt").read_text(encoding="utf-8"))
    assert injected == int(reader.meta.started) + 92
    column = "coupon-issuer_issue-lag"
    before, during = (float(rows[times.index(injected) + shift][column]) for shift in (-5, 10))
    assert before < during
    assert float(rows[60]["app_redis-commands"]) == pytest.approx(300.0)
    assert {name.count("_") for name in rows[0] if name != "time"} == {1}
    services = {name.partition("_")[0] for name in rows[0] if name != "time"}
    assert services <= set(reader.meta.topology.services)


def test_junit_tells_of_what_was_missed_and_of_criteria_as_properties(
    tmp_path: Path, meta: RunMeta, story: list[tuple[float, e.EventData]]
) -> None:
    path = tmp_path / "missed" / "tape.db"
    with Tape.create(path, meta) as tape:
        for t, data in story[:-1]:
            tape.append(t, meta.started + t, data)
        tape.append(158.0, meta.started, e.ExpectationJudged(name="a<b", want="x&y", got=None, met=False))
        tape.append(158.1, meta.started, e.InvariantChecked(name="rule", met=False, detail="row \x00 1 > 0"))
        tape.append(158.2, meta.started, e.VerdictReached(verdict="missed", reasons=["a<b"]))
    with TapeReader.open(path) as reader:
        root = ET.parse(write_junit(reader, tmp_path / "junit.xml")).getroot()  # noqa: S314 - our own file
    suite = root.find("testsuite")
    assert suite is not None
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("6", "3", "0")
    failures = {case.get("name"): case.find("failure") for case in suite.iter("testcase")}
    assert failures["expectation detected_within"] is None
    missed = failures["expectation a<b"]
    assert missed is not None
    assert missed.text == "wanted x&y, got nothing"
    properties = {one.get("name"): one.get("value") for one in suite.iter("property")}
    assert properties["criterion coupon-p95"] == "met at scale 0.5: target < 100 ms, measured 40 ms"
    assert properties["criterion lag"] == "not measured at scale 0.5: target < 1 ms"


@pytest.mark.parametrize("verdict", ["invalid", "aborted", "unclean", None])
def test_a_run_that_proves_nothing_is_an_error(tmp_path: Path, meta: RunMeta, verdict: str | None) -> None:
    path = tmp_path / "tape.db"
    with Tape.create(path, meta) as tape:
        if verdict is not None:
            tape.append(1.0, meta.started, e.VerdictReached.model_validate({"verdict": verdict, "reasons": ["why"]}))
    with TapeReader.open(path) as reader:
        root = ET.parse(write_junit(reader, tmp_path / "junit.xml")).getroot()  # noqa: S314 - our own file
        with pytest.raises(BadInput, match="no samples on its tape"):
            write_dataset(reader, tmp_path)
    assert [case.find("error") is not None for case in root.iter("testcase")] == [True]


def test_what_is_no_number_in_json_is_text_and_a_failed_export_leaves_nothing(
    tmp_path: Path, meta: RunMeta, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "tape.db"
    with Tape.create(path, meta) as tape:
        tape.samples([Sample("cpu", "app-1", {}, 1.0, float("inf"))])
    with TapeReader.open(path) as reader:
        last = write_lines(reader, tmp_path / "run.jsonl").read_text(encoding="utf-8").splitlines()[-1]
        assert json.loads(last)["value"] == "inf"
        monkeypatch.setattr(TapeReader, "samples", lambda _: iter([object()]))
        with pytest.raises(AttributeError):
            write_lines(reader, tmp_path / "other.jsonl")
    assert [one.name for one in tmp_path.iterdir() if "other" in one.name] == []
