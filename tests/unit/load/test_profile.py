"""What a load profile says of itself, and what is wrong with a bad one."""

import re
from pathlib import Path

import pytest
from tests.conftest import ROOT

from tocsin.errors import BadInput
from tocsin.load.check import check_imports
from tocsin.load.profile import hides_a_module, read_profile

PHASED = """\
from tocsin.load.users import ArrivalUser, Call
DESCRIPTION = "x"
ARRIVALS = "open"
RAMP_SECONDS = 20
TIMEOUT_SECONDS = 3
REQUESTS = ("look",)
PHASES = (
    ("up", 20, 0, 100),
    ("normal", 60, 100, 100),
    ("peak", 30, 500, 500),
)
class Visitor(ArrivalUser):
    shares = {"look": 1}
    def next_call(self, name):
        return Call(name, "GET", "/")
"""


def _write(folder: Path, text: str) -> Path:
    path = folder / "my_mix.py"
    path.write_text(text, encoding="utf-8")
    return path


def test_constants_are_read_without_importing(tmp_path: Path) -> None:
    path = _write(tmp_path, 'DESCRIPTION = "x"\nRAMP_SECONDS = 5\nraise RuntimeError("must not run")\n')
    assert read_profile(path).ramp_seconds == 5


def test_phases_are_picked_in_the_order_of_the_profile_and_the_ramp_is_what_is_left_of_it(tmp_path: Path) -> None:
    profile = read_profile(_write(tmp_path, PHASED))
    assert (profile.model, profile.timeout) == ("open", 3)
    assert [phase.name for phase in profile.picked(["peak", "up"])] == ["up", "peak"]
    assert [profile.ramp(2.0, names) for names in ((), ("up", "peak"), ("normal",))] == [10, 10, 0]
    course = profile.course(["normal", "peak"], scale=0.5, compress=10)
    assert course is not None
    assert [(span.name, span.begin, span.end, span.first) for span in course.spans] == [
        ("normal", 0, 6, 50),
        ("peak", 6, 9, 250),
    ]


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ('"normal", 60, 100, 100', '"normal", 60, -100, 100', 9, "the phase 'normal' has a negative level: -100"),
        ('"normal", 60', '"normal", 0', 9, "must last longer than 0 s"),
        ('"peak", 30', '"normal", 30', 10, "the phase 'normal' is there twice"),
        ('("peak", 30, 500, 500)', '("peak", 30, 500)', 10, "a phase is (name, seconds, level at its beginning"),
        ('"peak", 30, 500, 500', '"peak", SECONDS, 500, 500', 7, "PHASES must be a literal"),
        ('"open"', '"opened"', 3, "ARRIVALS 'opened' is no valid word; did you mean 'open'?"),
        ("RAMP_SECONDS = 20", "RAMP_SECONDS = -1", 4, "RAMP_SECONDS must be a number of seconds, not -1"),
        ("RAMP_SECONDS = 20", "RAMP_SECONDS = = 5", 4, "not valid Python"),
        ("RAMP_SECONDS = 20\n", "", 1, "the constant RAMP_SECONDS is missing"),
        ('ARRIVALS = "open"\n', "", 1, "the constant ARRIVALS is missing"),
    ],
)
def test_a_mistake_names_file_and_line(tmp_path: Path, old: str, new: str, line: int, message: str) -> None:
    assert old in PHASED
    path = _write(tmp_path, PHASED.replace(old, new, 1))
    with pytest.raises(BadInput, match=re.escape(f"my_mix.py:{line}: ")) as caught:
        read_profile(path)
    assert message in caught.value.message


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ('{"look": 1}', '{"look": -1}', 13, "the request 'look' has a negative rate: -1"),
        ('{"look": 1}', '{"lock": 1}', 13, "REQUESTS has not; did you mean 'look'?"),
        ('{"look": 1}', "{}", 13, "Visitor has no shares: nothing would ever arrive"),
        ('ARRIVALS = "open"', 'ARRIVALS = "closed"', 1, "its user class must be an ClosedUser"),
    ],
)
def test_a_mistake_in_a_user_class_is_found_by_importing(
    tmp_path: Path, old: str, new: str, line: int, message: str
) -> None:
    path = _write(tmp_path, PHASED.replace(old, new, 1))
    with pytest.raises(BadInput, match=re.escape(f"my_mix.py:{line}: ")) as caught:
        check_imports(path)
    assert message in caught.value.message


def test_an_unknown_phase_is_told_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="unknown phase 'pek' of my_mix; did you mean 'peak'"):
        read_profile(_write(tmp_path, PHASED)).picked(["pek"])


def test_a_profile_must_not_hide_a_module() -> None:
    assert hides_a_module("requests")
    assert hides_a_module("json")
    assert not hides_a_module("shop_mix_of_my_own")


def test_the_scenarios_are_there_at_full_size() -> None:
    def said(name: str) -> list[tuple[str, float, float, float]]:
        profile = read_profile(ROOT / "loadprofiles" / f"{name}.py")
        return [(phase.name, phase.seconds, phase.first, phase.last) for phase in profile.phases]

    assert said("coupon_rush") == [
        ("u100", 10, 100, 100),
        ("u500", 10, 500, 500),
        ("u1000", 10, 1000, 1000),
        ("climb", 30, 1000, 5000),
        ("hold", 30, 5000, 5000),
        ("lookups", 30, 1000, 1000),
        ("down", 30, 1000, 0),
    ]
    assert said("catalogue_read")[1:3] == [("normal", 600, 1000, 1000), ("peak", 300, 5000, 5000)]
    assert [(row[2], row[3]) for row in said("catalogue_steps")[1:]] == [(n, n) for n in (1000, 2000, 5000)]
    orders_of_all = 1 / 1.6  # order, cart, points and search in shares of 1, 0.3, 0.2 and 0.1
    assert [(name, seconds, level * orders_of_all) for name, seconds, level, _ in said("orders")[1:4]] == [
        ("normal", 300, 100),
        ("peak", 300, 500),
        ("spike", 30, 1000),
    ]
