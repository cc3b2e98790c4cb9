"""A run without a fault gets a document about the load and the services, and nothing about an incident."""

import re
from pathlib import Path

import pytest
from tests.conftest import ROOT

from tocsin.model import event as e
from tocsin.model.run import RunMeta
from tocsin.retro import document_name, write_document
from tocsin.retro.language import KOREAN
from tocsin.tape.store import Sample, Tape, TapeReader

LOAD_BEGINS = 10


def _template(name: str) -> Path:
    return ROOT / "runbooks" / "templates" / name


def _phase(name: str, begin: float, end: float, scheduled: int) -> e.LoadPhase:
    return e.LoadPhase(
        name=name,
        begin=begin,
        end=end,
        level=(1, 1),
        scheduled=scheduled,
        completed=scheduled,
        failed=0,
        rps=scheduled / (end - begin),
        p50_ms=1,
        p95_ms=2,
        p99_ms=3,
        lateness_p99_ms=1,
        requests={},
    )


@pytest.fixture
def measured(meta: RunMeta) -> RunMeta:
    """The meta of a drill that only measures."""
    steady = meta.drill.steady.model_copy(update={"duration": 0.0})
    drill = meta.drill.model_copy(update={"faults": [], "steady": steady})
    limits = {name: 1.0 for name in meta.topology.services if name in ("app", "mysql")}
    return meta.model_copy(update={"drill": drill, "limits": limits})


def _tape(folder: Path, meta: RunMeta, *, app: float, load: bool = True) -> Path:
    """30 s of load in two phases: the app uses 0.1 cores in the first and ``app`` in the second."""
    path = folder / "tape.db"
    phases = [_phase("calm", 0, 10, 100), _phase("peak", 10, 30, 2000)]
    figures = e.LoadSummary(
        scheduled=2100,
        completed=2100,
        failed=0,
        rps=70,
        p50_ms=1,
        p95_ms=2,
        p99_ms=3,
        schedule_lag_ms=1,
        phases=phases,
    )
    with Tape.create(path, meta) as tape:
        if load:
            tape.append(42.0, meta.started + 42.0, figures)
        for second in range(60):
            since = min(max(second - LOAD_BEGINS, 0), 30)
            used = 0.1 * min(since, 10) + app * max(since - 10, 0)
            counters = {("cpu", "app-1"): used, ("cpu", "mysql-1"): 0.2 * since}
            counters |= {
                ("cache_miss:part", "app->redis"): 25.0 * since,
                ("cache_miss:whole", "app->redis"): 100.0 * since,
            }
            counters["redis_evictions", "redis"] = 2.0 * since
            if load:
                counters["load_scheduled", "product"] = 70.0 * since
            tape.samples([Sample(*key, {}, float(second), value) for key, value in counters.items()])
    return path


def _text(path: Path, into: Path) -> str:
    with TapeReader.open(path) as reader:
        written = write_document(reader, into, _template)
        assert written.name == document_name(reader) == "measurement.md"
    return written.read_text(encoding="utf-8")


def test_services_are_told_by_phase_of_the_load(tmp_path: Path, measured: RunMeta) -> None:
    text = _text(_tape(tmp_path, measured, app=0.5), tmp_path / "document")
    assert "| app | 1.000 cores | calm | 0.1 | 10.0% |" in text
    assert "| peak | 0.5 | 50.0% |" in text
    assert "In the phase peak no service was at its CPU limit; app came nearest with 50%" in text
    assert "Incident" not in text


def test_misses_and_evictions_are_told(tmp_path: Path, measured: RunMeta) -> None:
    text = _text(_tape(tmp_path, measured, app=0.5), tmp_path / "document")
    assert "| cache reads that miss (%) | 25 |" in text
    assert "| keys evicted | 60 |" in text


def test_a_service_at_its_limit_is_named(tmp_path: Path, measured: RunMeta) -> None:
    text = _text(_tape(tmp_path, measured, app=0.95), tmp_path / "document")
    assert "In the phase peak at the limit of CPU: app (95% of it)" in text


def test_the_document_is_the_same_each_time_and_nothing_is_unfilled(tmp_path: Path, measured: RunMeta) -> None:
    path = _tape(tmp_path, measured, app=0.5)
    first, second = _text(path, tmp_path / "a"), _text(path, tmp_path / "b")
    assert first == second
    assert re.findall(r"\{\{|\}\}|\{%|\bNone\b|\bnan\b|Undefined", first) == []
    used = set(re.findall(r"\]\(([\w-]+\.svg)\)", first))
    assert used == {path.name for path in (tmp_path / "a").glob("*.svg")}
    assert "cpu.svg" in used


def test_a_run_that_ended_before_any_load_has_an_incident_document(tmp_path: Path, measured: RunMeta) -> None:
    with TapeReader.open(_tape(tmp_path, measured, app=0.5, load=False)) as reader:
        assert write_document(reader, tmp_path / "document", _template).name == "incident.md"


def test_so_has_one_that_was_ended_when_its_load_had_just_been_found(tmp_path: Path, measured: RunMeta) -> None:
    """Scraped once or twice, a counter is there, but has not grown: it was stopped by hand in its first seconds."""
    with Tape.create(tmp_path / "tape.db", measured) as tape:
        for second in (4, 5):
            tape.samples([Sample("load_scheduled", "product", {}, float(second), 0.0)])
    with TapeReader.open(tmp_path / "tape.db") as reader:
        assert write_document(reader, tmp_path / "document", _template).name == "incident.md"


def test_a_drill_with_a_fault_has_an_incident_document(reader: TapeReader, tmp_path: Path) -> None:
    assert write_document(reader, tmp_path, _template).name == document_name(reader) == "incident.md"


def test_a_measurement_is_written_in_korean_as_well(tmp_path: Path, measured: RunMeta) -> None:
    with TapeReader.open(_tape(tmp_path, measured, app=0.95)) as reader:
        text = write_document(reader, tmp_path / "document", _template, KOREAN).read_text(encoding="utf-8")
    assert "# 측정 보고서: " in text
    assert "peak 단계에서 CPU 한도에 도달한 서비스: app (한도의 95%)" in text
    assert "| app | 1.000코어 | calm | 0.1 | 10.0% |" in text
    assert re.findall(r"\{\{|\}\}|\{%|\bNone\b|\bnan\b|Undefined", text) == []
