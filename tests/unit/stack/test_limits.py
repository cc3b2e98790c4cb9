"""Limits of a plan on a machine that is smaller than the plan."""

import pytest

from tocsin.stack.limits import scaled

PLAN = {"mysql": 1.0, "redis": 0.5, "app": 2.0}


def test_a_plan_that_fits_is_kept() -> None:
    assert scaled(PLAN, PLAN, 4) == (PLAN, [])


def test_a_plan_that_does_not_fit_is_scaled_as_a_whole() -> None:
    limits, notes = scaled(PLAN, [*PLAN, "issuer"], 2)
    assert limits == {"mysql": 0.571, "redis": 0.286, "app": 1.143, "issuer": None}
    assert notes == ["CPU limits scaled by 0.57 to this host's 2 cores: mysql 1→0.571, redis 0.5→0.286, app 2→1.143"]


def test_a_changed_limit_leaves_the_others_alone() -> None:
    limits, _ = scaled(PLAN, [*PLAN, "issuer"], 2, {"mysql": 2, "issuer": 0.35})
    assert limits == {"mysql": 1.143, "redis": 0.286, "app": 1.143, "issuer": 0.2}


def test_what_stands_beside_the_plan_neither_counts_nor_is_scaled() -> None:
    limits, notes = scaled(
        PLAN | {"kafka": 1.0, "zookeeper": 4.0}, [*PLAN, "kafka", "zookeeper"], 2, beside=["kafka", "zookeeper"]
    )
    assert limits == {"mysql": 0.571, "redis": 0.286, "app": 1.143, "kafka": 1.0, "zookeeper": pytest.approx(2.0)}
    assert "kafka" not in notes[0]
