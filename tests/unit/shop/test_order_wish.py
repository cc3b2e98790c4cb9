"""An order is read from JSON, and whatever is wrong with it is said."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.order_wish import read_wish

GOOD: dict[str, Any] = {"user_id": 7, "key": "k", "items": [{"product_id": 3, "quantity": 2}]}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


def test_items_stand_in_the_order_in_which_rows_are_locked_and_each_product_once() -> None:
    items = [{"product_id": number, "quantity": 1} for number in (9, 2, 9)]
    assert [(one.product_id, one.quantity) for one in read_wish(GOOD | {"items": items}).items] == [(2, 1), (9, 2)]


@pytest.mark.parametrize(
    "change",
    [
        {"user_id": 0}, {"user_id": True}, {"user_id": "7"}, {"user_id": 2**40}, {"key": "x" * 65}, {"key": None},
        {"items": [{"product_id": 1, "quantity": 101}]}, {"items": [1]}, {"items": {}}, {"coupon_event": 0},
    ],
)  # fmt: skip
def test_what_is_wrong_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r".+"):
        read_wish(GOOD | change)


@given(JSON)
def test_no_json_does_worse_than_to_be_refused(value: Any) -> None:
    try:
        read_wish(value)
    except ValueError:
        return


@given(st.fixed_dictionaries(dict.fromkeys(("user_id", "key", "items", "coupon_event"), JSON)))
def test_nor_do_any_fields(value: Any) -> None:
    try:
        read_wish(value)
    except ValueError:
        return
