"""Following: looks together tell the same as reading the tape at once, and each tells only what is new."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tocsin.errors import BadInput
from tocsin.model import event as e
from tocsin.model.event import EventData
from tocsin.model.run import RunMeta
from tocsin.tape.fold import Folder, fold
from tocsin.tape.follow import TapeFollower
from tocsin.tape.journal import Journal, Moment
from tocsin.tape.store import Sample, Tape, TapeReader

Story = list[tuple[float, EventData]]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run" / "tape.db"


def _second(second: int) -> list[Sample]:
    rows = [("load_scheduled", "product", 10.0 * second), ("load_scheduled", "coupon", 5.0 * second)]
    return [Sample(part, entity, {}, second + 0.3, value) for part, entity, value in rows]


def test_every_look_tells_only_what_is_new(path: Path, meta: RunMeta, story: Story) -> None:
    with Tape.create(path, meta) as tape:
        follower = TapeFollower(path)
        assert follower.events() == []
        told = []
        for t, data in story:
            tape.append(t, meta.started + t, data)
            tape.log_lines(t, [("app-1", f"line at {t}")])
            fresh = follower.events()
            assert [event.data for event in fresh] == [data]
            assert [line.line for line in follower.logs()] == [f"line at {t}"]
            told += fresh
        assert follower.events() == []
        assert follower.logs() == []
        with TapeReader.open(path) as reader:
            assert told == reader.events()
        follower.close()


def test_folding_as_it_comes_is_folding_at_once(
    meta: RunMeta, story: Story, tell: Callable[[Story], list[e.Event]]
) -> None:
    folder = Folder(meta)
    events = tell(story)
    for event in events:
        folder.take(event.data, event.t)
    assert folder.state == fold(meta, events)


def test_samples_that_come_late_are_taken_in(path: Path, meta: RunMeta) -> None:
    with Tape.create(path, meta) as tape:
        follower = TapeFollower(path)
        assert not follower.take_samples()
        for second in range(30):
            rows = _second(second)
            tape.samples(rows[:1])
            if second >= 2:
                tape.samples(_second(second - 2)[1:])  # the other target is told of two seconds later
            assert follower.take_samples()
        assert not follower.take_samples()
        tape.samples([*_second(28)[1:], *_second(29)[1:]])
        follower.take_samples()
        assert follower.whole_seconds == 28
        with TapeReader.open(path) as reader:
            wanted = reader.window(0, 28).increments("load_scheduled")
        got = follower.window(0, 28, ["load_scheduled"]).increments("load_scheduled")
        assert set(got) == {"product", "coupon"}
        for entity, values in wanted.items():
            np.testing.assert_allclose(got[entity], values)
        tail = follower.window(20, 28, ["load_scheduled"]).increments("load_scheduled")
        np.testing.assert_allclose(tail["product"], wanted["product"][20:])
        assert follower.window(0, 28, ["other"]).series == {}
        follower.close()


def test_what_the_guardian_wrote_down_is_told_once(path: Path, meta: RunMeta) -> None:
    with Tape.create(path, meta) as tape:
        tape.append(1.0, meta.started + 1, e.Phase(name="drill"))
    follower = TapeFollower(path)
    assert len(follower.events()) == 1
    journal = Journal(path.with_name("journal.jsonl"))
    journal.record(e.Reverted(injection="i1"), Moment())
    assert [event.data.kind for event in follower.events()] == ["reverted"]
    assert follower.events() == []
    journal.record(e.Reverted(injection="i2"), Moment())
    assert [event.data for event in follower.events()] == [e.Reverted(injection="i2")]
    follower.close()


def test_a_newer_or_missing_tape_is_refused(path: Path, meta: RunMeta) -> None:
    with pytest.raises(BadInput, match="no tape"):
        TapeFollower(path)
    Tape.create(path, meta.model_copy(update={"schema_version": 99})).close()
    with pytest.raises(BadInput, match="newer Tocsin"):
        TapeFollower(path)
