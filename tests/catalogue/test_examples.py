"""The examples are what the present templates make of the tapes of real runs that are kept beside them."""

from pathlib import Path

import pytest
from tests.make_example import EXAMPLES, PACKED, unpack, write_example

from tocsin.tape.store import TapeReader

NAMES = sorted(path.parent.name for path in EXAMPLES.glob(f"*/{PACKED}"))


def test_there_is_an_example_and_each_has_its_tape() -> None:
    assert sorted(path.name for path in EXAMPLES.iterdir()) == NAMES
    assert "coupon-consumer-pause" in NAMES


@pytest.mark.parametrize("name", NAMES)
def test_an_example_is_what_the_template_makes_of_its_tape(name: str, tmp_path: Path) -> None:
    write_example(EXAMPLES / name, tmp_path)
    kept = {path.name: path.read_bytes() for path in (EXAMPLES / name).iterdir() if path.name != PACKED}
    made = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert sorted(kept) == sorted(made)
    stale = [file for file in kept if kept[file] != made[file]]
    assert stale == [], "write them again: python -m tests.make_example"


@pytest.mark.parametrize("name", NAMES)
def test_an_example_comes_from_a_real_run_of_a_known_commit(name: str, tmp_path: Path) -> None:
    with TapeReader.open(unpack(EXAMPLES / name, tmp_path)) as reader:
        meta, events = reader.meta, reader.events()
    assert meta.backend == "local"
    assert len(meta.commit) == 12
    assert events[-1].data.kind == "verdict"
