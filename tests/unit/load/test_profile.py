"""What a load profile says of itself, and what is wrong with a bad one."""

from pathlib import Path

import pytest

from tocsin.errors import BadInput
from tocsin.load.profile import hides_a_module, read_profile


def test_constants_are_read_without_importing(tmp_path: Path) -> None:
    path = tmp_path / "my_mix.py"
    path.write_text('DESCRIPTION = "x"\nRAMP_SECONDS = 5\nraise RuntimeError("must not run")\n', encoding="utf-8")
    assert read_profile(path).ramp_seconds == 5


def test_a_syntax_error_names_its_line(tmp_path: Path) -> None:
    path = tmp_path / "my_mix.py"
    path.write_text("DESCRIPTION = 'x'\nRAMP_SECONDS = = 5\n", encoding="utf-8")
    with pytest.raises(BadInput, match=r"my_mix\.py:2: not valid Python"):
        read_profile(path)


def test_a_missing_constant_is_named(tmp_path: Path) -> None:
    path = tmp_path / "my_mix.py"
    path.write_text("DESCRIPTION = 'x'\n", encoding="utf-8")
    with pytest.raises(BadInput, match="RAMP_SECONDS is missing"):
        read_profile(path)


def test_a_profile_must_not_hide_a_module() -> None:
    assert hides_a_module("requests")
    assert hides_a_module("json")
    assert not hides_a_module("shop_mix_of_my_own")
