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


def _page(reader: TapeReader, folder: Path) -> str:
    return update_runbook(reader, folder / "kafka.consumer_pause.md", TEMPLATE).read_text(encoding="utf-8")


def test_every_remedy_has_its_command_what_it_touches_and_how_it_is_undone(reader: TapeReader, tmp_path: Path) -> None:
    text = _page(reader, tmp_path)
    assert "docker compose -f compose/shop/compose.yaml restart --timeout 1 coupon-issuer" in text
    assert "{target}" not in text
    steps = text.split("## Mitigate\n", 1)[1].split("\n## ", 1)[0].split("\n### ")[1:]
    assert len(steps) == 2
    assert [step for step in steps if "Blast radius: " not in step or "Undo: " not in step or "```" not in step] == []


def test_time_to_effect_stands_as_predicted_and_as_last_measured(reader: TapeReader, tmp_path: Path) -> None:
    found = read_block(_page(reader, tmp_path), "effects")
    assert found is not None
    assert "| restart of coupon-issuer | 2.2 s | 4.0 s | 9.0 s | helped: coupon-issue-lag went from" in found


def test_user_impact_scale_and_the_place_of_the_sql_are_told(reader: TapeReader, tmp_path: Path) -> None:
    text = _page(reader, tmp_path)
    felt, scale = read_block(text, "felt"), read_block(text, "scale")
    assert felt is not None
    assert "95 % of accepted coupons issued within 1 s" in felt
    assert scale is not None
    assert "| coupon-issuer | NEITHER |" in scale
    assert "`compose/shop/invariants.yaml`" in text
    assert (ROOT / "compose" / "shop" / "invariants.yaml").is_file()


def test_what_is_assumed_is_called_so_and_what_is_in_place_is_said(reader: TapeReader, tmp_path: Path) -> None:
    text = _page(reader, tmp_path)
    assert "| place | family | assumed likelihood |" in text
    assert "In place: coupon-issue-lag." in text


def test_runs_are_links_to_their_incidents_and_are_read_back(reader: TapeReader, tmp_path: Path) -> None:
    text = _page(reader, tmp_path)
    run = reader.meta.run
    assert f"[{run}](incidents/{run}/incident.md)" in text
    assert [row.run for row in from_table(read_block(text, "drills") or "")] == [run]
