"""Receipts are the answers as they came, one line each, under their kind of work."""

import json
from pathlib import Path

import pytest

from tocsin.load.receipts import Receipts, append


@pytest.mark.parametrize("body", ['{"order_id": 7, "user_id": 3}', '{\n  "order_id": 7,\n  "user_id": 3\n}\n'])
def test_an_answer_is_kept_on_one_line_with_its_kind(body: str, tmp_path: Path) -> None:
    receipts, path = Receipts(), tmp_path / "receipts.jsonl"
    receipts.keep("order", body.encode())
    receipts.keep("coupon", b"{}")
    append(path, receipts.taken())
    append(path, receipts.taken())
    lines = path.read_text(encoding="utf-8").splitlines()
    assert [json.loads(line) for line in lines] == [
        {"order_id": 7, "user_id": 3, "receipt": "order"},
        {"receipt": "coupon"},
    ]


def test_the_kind_wins_over_a_field_of_that_name() -> None:
    receipts = Receipts()
    receipts.keep("order", b'{"receipt": "mine"}')
    assert json.loads(receipts.taken()[0]) == {"receipt": "order"}


@pytest.mark.parametrize("body", [b"", b"ok", b"[1]", b"\xff", b'{"cut": '])
def test_what_is_no_json_object_is_no_receipt(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        Receipts().keep("order", body)
