"""The tape keeps what it is given, survives its writer, and refuses what is no tape."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tocsin.errors import BadInput
from tocsin.model import event as e
from tocsin.model.event import Event
from tocsin.model.run import RunMeta
from tocsin.tape.fold import fold
from tocsin.tape.store import Sample, Tape, TapeReader

Tell = Callable[[list[tuple[float, e.EventData]]], list[Event]]


def _written(path: Path, meta: RunMeta, story: list[tuple[float, e.EventData]]) -> Path:
    with Tape.create(path, meta) as tape:
        for t, data in story:
            tape.append(t, meta.started + t, data)
    return path


def test_events_and_meta_come_back_as_they_were_given(
    tmp_path: Path, meta: RunMeta, story: list[tuple[float, e.EventData]], tell: Tell
) -> None:
    with TapeReader.open(_written(tmp_path / "tape.db", meta, story)) as reader:
        assert reader.meta == meta
        assert [(event.t, event.data) for event in reader.events()] == [(x.t, x.data) for x in tell(story)]


def test_a_tape_is_readable_while_its_writer_was_killed_in_the_middle(tmp_path: Path, meta: RunMeta) -> None:
    path = tmp_path / "tape.db"
    tape = Tape.create(path, meta)
    tape.append(1.0, meta.started + 1, e.Note(text="first"))
    tape.samples([Sample("lag", "a", {}, 1.0, 5.0)])
    with TapeReader.open(path) as reader:  # the writer has not closed, as after kill -9
        assert [event.data for event in reader.events()] == [e.Note(text="first")]
        assert reader.last_t == 1.0
    tape.close()


def test_samples_seen_twice_count_once(tmp_path: Path, meta: RunMeta) -> None:
    rows = [Sample("requests", "app", {"uri": "/"}, float(t), 10.0 * t) for t in range(1, 8)]
    with Tape.create(tmp_path / "tape.db", meta) as tape:
        tape.samples(rows)
        tape.samples(rows[3:])
    with TapeReader.open(tmp_path / "tape.db") as reader:
        increments = reader.window(1, 7).increments("requests")["app"]
        assert list(increments) == pytest.approx([10.0] * 6)


def test_log_lines_keep_their_service_and_second(tmp_path: Path, meta: RunMeta) -> None:
    with Tape.create(tmp_path / "tape.db", meta) as tape:
        tape.log_lines(2.0, [("redis-1", "ready"), ("app-1", "started")])
    with TapeReader.open(tmp_path / "tape.db") as reader:
        assert reader.logs() == [(2.0, "redis-1", "ready"), (2.0, "app-1", "started")]


def test_the_guardians_journal_is_merged_on_reading(tmp_path: Path, meta: RunMeta) -> None:
    path = _written(tmp_path / "tape.db", meta, [(5.0, e.Note(text="alive")), (9.0, e.Note(text="last word"))])
    lines = [
        {"wall": meta.started + 12, "data": {"kind": "abort", "by": "guardian", "reason": "its pipe closed"}},
        {"wall": meta.started + 13, "data": {"kind": "reverted", "injection": "i1"}},
        {"wall": meta.started + 14, "data": {"kind": "verdict", "verdict": "aborted", "reasons": ["its pipe closed"]}},
    ]
    torn = json.dumps(lines[0])[:20]
    path.with_name("journal.jsonl").write_text("\n".join([*map(json.dumps, lines), torn]), encoding="utf-8")
    with TapeReader.open(path) as reader:
        events = reader.events()
        state = fold(reader.meta, events)
    assert [event.t for event in events] == [5.0, 9.0, 12.0, 13.0, 14.0]
    assert [event.seq for event in events] == [1, 2, 3, 4, 5]
    assert state.verdict == "aborted"
    assert state.aborted is not None
    assert state.aborted.by == "guardian"


def test_a_missing_tape_says_where_it_looked(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="there is no tape here"):
        TapeReader.open(tmp_path / "tape.db")


@pytest.mark.parametrize("content", [b"", b"this is no database at all, only text " * 50])
def test_what_is_no_tape_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "tape.db"
    path.write_bytes(content)
    with pytest.raises(BadInput, match="broken or is no tape"):
        TapeReader.open(path)


def test_a_tape_cut_short_is_refused_not_half_read(
    tmp_path: Path, meta: RunMeta, story: list[tuple[float, e.EventData]]
) -> None:
    path = _written(tmp_path / "tape.db", meta, story)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(BadInput, match="broken"), TapeReader.open(path) as reader:
        reader.events()


def test_a_tape_of_a_newer_tocsin_is_refused_by_name(tmp_path: Path, meta: RunMeta) -> None:
    path = _written(tmp_path / "tape.db", meta, [])
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE meta SET value = '99' WHERE key = 'schema_version'")
        connection.commit()
    with pytest.raises(BadInput, match="newer Tocsin"):
        TapeReader.open(path)


def test_a_second_tape_never_replaces_the_first(tmp_path: Path, meta: RunMeta) -> None:
    path = _written(tmp_path / "tape.db", meta, [])
    with pytest.raises(BadInput, match="already"):
        Tape.create(path, meta)
