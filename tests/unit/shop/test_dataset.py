"""The shop's data are as many as were asked for, and the same for the same seed."""

from itertools import islice

from shop import dataset
from shop.config import data_settings


def test_as_many_sales_as_the_settings_say() -> None:
    settings = data_settings({"SHOP_DB_PASSWORD": "x", "SALES_ROWS": "250", "SEED": "3"})
    rows = list(dataset.sales(settings.seed, settings.users, settings.sales))
    assert len(rows) == 250
    assert {user for user, *_ in rows} <= set(range(1, settings.users + 1))


def test_more_sales_begin_with_those_of_fewer() -> None:
    assert list(islice(dataset.sales(3, 100, 1000), 10)) == list(dataset.sales(3, 100, 10))
