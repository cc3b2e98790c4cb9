"""What the resource exporter reads out of /proc."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.exporters import proc

PAGE = os.sysconf("SC_PAGE_SIZE")
AFTER_NAME = "S 1 42 40 0 -1 4194560 100 0 0 0 250 50 7 3 20 0 4 0 98765 123456 300 0"


def test_stat_counts_the_time_of_the_process_and_of_children_it_waited_for() -> None:
    assert proc.parse_stat(f"42 (mariadbd) {AFTER_NAME}") == proc.ProcessStat(
        pid=42, state="S", session=40, cpu_ticks=310, started=98765
    )


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=15))
def test_stat_survives_any_command_name(name: str) -> None:
    stat = proc.parse_stat(f"42 ({name}) {AFTER_NAME}")
    assert (stat.pid, stat.session, stat.started) == (42, 40, 98765)


@given(st.text(max_size=60).filter(lambda text: len(text.rpartition(")")[2].split()) < 20))
def test_stat_refuses_what_is_no_stat(text: str) -> None:
    with pytest.raises(ValueError, match="stat"):
        proc.parse_stat(text)


@pytest.mark.parametrize(("state", "dead"), [("R", False), ("T", False), ("Z", True), ("X", True)])
def test_a_frozen_process_is_not_a_dead_one(state: str, dead: bool) -> None:  # noqa: FBT001
    assert proc.parse_stat(f"42 (x) {state}{AFTER_NAME[1:]}").is_dead is dead


def test_statm_counts_pages() -> None:
    assert proc.parse_statm("1000 300 100 1 0 500 0\n") == proc.Memory(300 * PAGE, 200 * PAGE)


def test_statm_never_shows_negative_memory() -> None:
    assert proc.parse_statm("10 5 7").anonymous == 0


def test_statm_refuses_what_is_no_statm() -> None:
    with pytest.raises(ValueError, match="statm"):
        proc.parse_statm("1 2")


def test_io_reads_what_reached_the_disk() -> None:
    text = "rchar: 99\nwchar: 98\nread_bytes: 4096\nwrite_bytes: 8192\ncancelled_write_bytes: 0\n"
    assert proc.parse_io(text) == proc.Disk(4096, 8192)


def test_io_of_a_process_that_is_gone_counts_nothing() -> None:
    assert proc.parse_io("") == proc.Disk()


@given(st.dictionaries(st.from_regex(r"[a-zA-Z_]{1,12}", fullmatch=True), st.integers(-(2**63), 2**63)))
def test_fields_come_back_in_either_form(fields: dict[str, int]) -> None:
    assert proc.parse_fields("".join(f"{name}: {value} kB\n" for name, value in fields.items())) == fields
    assert proc.parse_fields("".join(f"{name} {value}\n" for name, value in fields.items())) == fields


@given(st.text(max_size=200))
def test_fields_of_anything_never_fail(text: str) -> None:
    assert all(isinstance(value, int) for value in proc.parse_fields(text).values())


def test_this_very_process_is_found_in_its_session() -> None:
    session = os.getsid(0)
    own = [process for process in proc.sessions({session})[session] if process.pid == os.getpid()]
    assert len(own) == 1
    assert proc.memory([os.getpid()]).resident > 0


def test_a_file_that_is_not_there_is_empty(tmp_path: Path) -> None:
    assert proc.read_text(tmp_path / "nothing") == ""


def test_a_file_larger_than_a_chunk_is_read_to_its_end(tmp_path: Path) -> None:
    (tmp_path / "large").write_text("x" * 100_000, encoding="ascii")
    assert len(proc.read_text(tmp_path / "large")) == 100_000
