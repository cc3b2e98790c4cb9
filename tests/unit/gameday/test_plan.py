"""A game day file: everything it names is there, or its line is told before anything is started."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tocsin.errors import BadInput
from tocsin.gameday.plan import Chosen, read_gameday
from tocsin.workspace import Workspace

TEXT = """\
title: A short day
objective: see it through
order: listed
break: 2s
drills:
  - drill: redis/latency
    script: calm.yaml
  - {drill: no-fault, seed: 3, blind: true}
  - drill: kafka/coupon-consumer-pause
    variant: consumers-1
"""


def _write(workspace: Workspace, text: str) -> Path:
    folder = workspace.root / "drills" / "gamedays"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "calm.yaml").write_text("steps: []\n", encoding="utf-8")
    path = folder / "short.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_drills_come_with_what_the_game_day_says_of_them(workspace: Workspace) -> None:
    plan = read_gameday(workspace, str(_write(workspace, TEXT)), Chosen())
    assert [(entry.number, entry.drill, entry.seed, entry.plan.blind) for entry in plan.entries] == [
        (1, "redis/latency", 7, False),
        (2, "no-fault", 3, True),
        (3, "kafka/coupon-consumer-pause", 7, False),
    ]
    assert plan.name == "short"
    assert {entry.state for entry in plan.entries} == {"waiting"}


@pytest.mark.parametrize(
    ("old", "new", "line", "why"),
    [
        (
            "drill: redis/latency",
            "drill: redis/latncy",
            6,
            "unknown drill 'redis/latncy'",
        ),
        ("drill: no-fault", "drill: missing.yaml", 8, "missing.yaml: no such drill file"),
        ("variant: consumers-1", "variant: consumers-9", 9, "unknown variant 'consumers-9'"),
        ("script: calm.yaml", "script: quiet.yaml", 7, "quiet.yaml: no such script"),
        ("order: listed", "order: any", 3, "not a valid word; valid: listed, random"),
        ("break: 2s", "brake: 2s", 4, "did you mean 'break'"),
        ("objective: see it through\n", "", 1, "'objective' is missing"),
    ],
)
def test_a_mistake_is_told_with_file_and_line(workspace: Workspace, old: str, new: str, line: int, why: str) -> None:
    path = _write(workspace, TEXT.replace(old, new))
    with pytest.raises(BadInput) as told:
        read_gameday(workspace, str(path), Chosen())
    text = str(told.value)
    assert why.split("; did", maxsplit=1)[0] in text
    assert f"{path}:{line}: " in text


def test_every_mistake_is_told_at_once(workspace: Workspace) -> None:
    path = _write(workspace, TEXT.replace("redis/latency", "redis/late").replace("no-fault", "no-falt"))
    with pytest.raises(BadInput) as told:
        read_gameday(workspace, str(path), Chosen())
    assert f"{path}:6: " in str(told.value)
    assert f"{path}:8: " in str(told.value)


def test_a_script_responder_needs_a_script_for_every_drill_or_one_for_all(workspace: Workspace) -> None:
    path = _write(workspace, TEXT)
    with pytest.raises(BadInput, match="the drill no-fault has no script") as told:
        read_gameday(workspace, str(path), Chosen(responder="script"))
    assert f"{path}:8: " in str(told.value)
    one = str(path.parent / "calm.yaml")
    assert len(read_gameday(workspace, str(path), Chosen(responder="script", script=one)).entries) == 3


def test_a_script_that_a_drill_names_is_checked_whoever_responds(workspace: Workspace) -> None:
    path = _write(workspace, TEXT)
    (path.parent / "calm.yaml").write_text("steps:\n  - {at: 1s, do: dance}\n", encoding="utf-8")
    with pytest.raises(BadInput, match=r"calm\.yaml:2: .*dance"):
        read_gameday(workspace, str(path), Chosen())


def test_an_unknown_game_day_has_a_near_one(workspace: Workspace) -> None:
    with pytest.raises(BadInput, match="did you mean 'first-friday'"):
        read_gameday(workspace, "first-fryday", Chosen())
    with pytest.raises(BadInput, match="no such game day file; did you mean 'drills/gamedays/first-friday"):
        read_gameday(workspace, "drills/gamedays/first-fryday.yaml", Chosen())


@settings(max_examples=5, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 1000))
def test_a_random_order_is_everybody_once_and_the_seeds_own(workspace: Workspace, seed: int) -> None:
    path = str(_write(workspace, TEXT.replace("order: listed", "order: random")))
    plans = [read_gameday(workspace, path, Chosen(seed=seed)) for _ in range(2)]
    assert plans[0] == plans[1]
    assert sorted(entry.drill for entry in plans[0].entries) == [
        "kafka/coupon-consumer-pause", "no-fault", "redis/latency",
    ]  # fmt: skip
    assert [entry.number for entry in plans[0].entries] == [1, 2, 3]


def test_what_lies_beside_game_days_is_no_game_day(workspace: Workspace) -> None:
    assert "first-friday" in workspace.gamedays()
    assert not any("/" in name for name in workspace.gamedays())
    assert not any(name.startswith("gamedays") for name in workspace.drills())
