"""Receipts become rows of the tables that the stack names for their kinds."""

from pathlib import Path

import pytest

from tocsin.errors import TocsinError
from tocsin.observe.invariants import Receipts, _read_receipts

TARGETS = {
    "coupon": Receipts(table="coupon_receipts", columns=["event_id", "user_id"]),
    "order": Receipts(table="order_receipts", columns=["order_id"]),
}


def _rows(folder: Path, text: str) -> dict[str, list[tuple[object, ...]]]:
    path = folder / "receipts.jsonl"
    path.write_text(text, encoding="utf-8")
    return _read_receipts(TARGETS, path)


def test_each_kind_has_its_rows_and_a_line_that_was_cut_off_is_none(tmp_path: Path) -> None:
    text = '{"user_id": 3, "event_id": 1, "status": "ACCEPTED", "receipt": "coupon"}\n'
    text += '{"order_id": 9, "receipt": "order"}\n{"order_id": 9, "receipt": "refund"}\n{"order_id": 10, "rec'
    assert _rows(tmp_path, text) == {"coupon": [(1, 3)], "order": [(9,)]}


def test_no_file_means_no_rows(tmp_path: Path) -> None:
    assert _read_receipts(TARGETS, tmp_path / "none") == {"coupon": [], "order": []}


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"event_id": 1, "receipt": "coupon"}', "a receipt of kind 'coupon' has no 'user_id'"),
        ('{"event_id": 1, x, "receipt": "coupon"}', "a receipt is no JSON object"),
    ],
)
def test_a_receipt_that_cannot_be_compared_is_told(line: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(TocsinError, match=message):
        _rows(tmp_path, line + "\n")
