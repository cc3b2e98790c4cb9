"""What is popular is asked for more often, by Zipf's law, and the same each time."""

import random
from collections import Counter

import pytest

from tocsin.load.popular import Popular


def test_the_first_is_asked_for_as_much_more_often_as_the_law_says() -> None:
    popular = Popular(random.Random(7), 100, exponent=1.0)
    counts = [count for _, count in Counter(popular.pick() for _ in range(60_000)).most_common()]
    assert len(counts) == 100
    assert counts[0] / counts[9] == pytest.approx(10.0, rel=0.2)


def test_one_seed_is_one_sequence_and_another_is_another() -> None:
    first, again, other = (Popular(random.Random(seed), 50) for seed in (1, 1, 2))
    assert [first.pick() for _ in range(30)] == [again.pick() for _ in range(30)]
    assert [first.pick() for _ in range(30)] != [other.pick() for _ in range(30)]


def test_every_number_lies_within() -> None:
    popular = Popular(random.Random(3), 3)
    assert {popular.pick() for _ in range(500)} == {1, 2, 3}
