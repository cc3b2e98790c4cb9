"""The living runbook page: Tocsin keeps its blocks, people keep the rest."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.conftest import ROOT

from tocsin.retro import update_runbook
from tocsin.retro.blocks import read_block, write_block
from tocsin.retro.history import Drilled, add, from_table, standing, to_table
from tocsin.tape.store import TapeReader

TEMPLATE = ROOT / "runbooks" / "templates" / "runbook.md.j2"
ROW = Drilled(
    "2026-11-24", "20261124-1", "kafka/x", "7", "abc", "held", "kafka.consumer_pause", "4.5 s", "10.5 s", "restart"
)  # fmt: skip

plain = st.text(st.characters(exclude_categories=("C", "Z"), exclude_characters="<>|"), max_size=20)


def test_a_page_is_made_once_and_keeps_what_people_wrote(reader: TapeReader, tmp_path: Path) -> None:
    page = update_runbook(reader, tmp_path / "kafka.consumer_pause.md", TEMPLATE)
    page.write_text(page.read_text(encoding="utf-8") + "\nCall Kim if it happens on a Friday.\n", encoding="utf-8")
    update_runbook(reader, page, TEMPLATE)
    text = page.read_text(encoding="utf-8")
    assert "Call Kim if it happens on a Friday." in text
    assert "**Last drilled:** 2023-11-14" in text
    assert "1 run on record, 100% held" in text


def test_updating_twice_with_the_same_run_changes_nothing(reader: TapeReader, tmp_path: Path) -> None:
    page = update_runbook(reader, tmp_path / "kafka.consumer_pause.md", TEMPLATE)
    before = page.read_bytes()
    update_runbook(reader, page, TEMPLATE)
    assert page.read_bytes() == before


def test_a_report_of_an_older_run_does_not_become_the_last_drill(reader: TapeReader, tmp_path: Path) -> None:
    page = update_runbook(reader, tmp_path / "kafka.consumer_pause.md", TEMPLATE)
    newer = to_table([replace(ROW, run="29991231-1", date="2999-12-31")])
    page.write_text(write_block(page.read_text(encoding="utf-8"), "drills", newer), encoding="utf-8")
    update_runbook(reader, page, TEMPLATE)
    assert "**Last drilled:** 2999-12-31" in page.read_text(encoding="utf-8")


@given(before=plain, inside=plain, after=plain)
def test_a_block_is_replaced_and_nothing_around_it(before: str, inside: str, after: str) -> None:
    page = write_block(f"{before}\n\n<!-- tocsin:x -->\nold\n<!-- /tocsin:x -->\n\n{after}", "x", inside)
    assert read_block(page, "x") == inside
    assert page.startswith(before)
    assert page.endswith(after)


def test_a_removed_block_comes_back_at_the_end() -> None:
    assert read_block(write_block("# Page", "x", "text"), "x") == "text"


def test_the_table_is_read_back_as_it_was_written() -> None:
    rows = [replace(ROW, run=f"2026112{day}-1") for day in range(5)]
    assert from_table(to_table(rows)) == rows


def test_a_run_has_one_row_however_often_it_is_reported() -> None:
    assert add(add([], ROW), replace(ROW, verdict="missed")) == [replace(ROW, verdict="missed")]


def test_percentiles_leave_out_runs_without_a_figure() -> None:
    rows = [replace(ROW, run=str(n), detected=text) for n, text in enumerate(("4.0 s", "–", "6.0 s"))]
    found = standing(rows)
    assert found.detected is not None
    assert found.detected[0] == pytest.approx(5.0)
    assert found.runs == 3
