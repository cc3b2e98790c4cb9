"""The wheel in an environment of its own: the catalogue is inside, faults are found, and imports stay light."""

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from tests.conftest import ROOT

UV = ROOT / ".venv" / "bin" / "uv"
HEAVY = ("locust", "gevent", "pygal", "kafka", "docker", "textual")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [str(UV), "build", "--quiet", "--wheel", "--out-dir", str(folder), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of programs of a clean environment that has the wheel and what it needs."""
    folder = tmp_path_factory.mktemp("clean") / "venv"
    subprocess.run([str(UV), "venv", "--quiet", "--python", sys.executable, str(folder)], check=True, timeout=120)
    needed = folder.parent / "requirements.txt"
    export = [str(UV), "export", "--quiet", "--frozen", "--no-dev", "--no-emit-project", "-o", str(needed)]
    subprocess.run(export, cwd=ROOT, check=True, timeout=120)
    install = [str(UV), "pip", "install", "--quiet", "--python", str(folder / "bin" / "python")]
    subprocess.run([*install, "-r", str(needed)], check=True, timeout=600)
    subprocess.run([*install, "--no-deps", str(wheel)], check=True, timeout=120)
    return folder / "bin"


def _tocsin(installed: Path, *words: str, cwd: Path) -> "subprocess.CompletedProcess[str]":
    command = [str(installed / "tocsin"), *words]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, timeout=120)


def test_the_catalogue_is_inside_and_nothing_that_was_generated(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    for wanted in ("drills/kafka/coupon-consumer-pause.yaml", "compose/shop/compose.yaml", "loadprofiles/shop_mix.py",
                   "runbooks/templates/incident.md.j2", "compose/shop/app/shop/main.py"):  # fmt: skip
        assert f"tocsin/catalogue/{wanted}" in names
    assert [name for name in names if "incidents/" in name or ".tocsin" in name or "__pycache__" in name] == []
    assert [name for name in names if name.startswith("tests/")] == []


def test_it_lists_and_checks_the_bundled_catalogue_from_anywhere(installed: Path, tmp_path: Path) -> None:
    rows = json.loads(_tocsin(installed, "list", "drills", "--json", cwd=tmp_path).stdout)
    assert "kafka/coupon-consumer-pause" in [row["drill"] for row in rows]
    faults = json.loads(_tocsin(installed, "list", "faults", "--json", cwd=tmp_path).stdout)
    assert len(faults) >= 4
    checked = _tocsin(installed, "check", cwd=tmp_path)
    assert checked.returncode == 0, checked.stderr


def test_a_new_workspace_uses_it(installed: Path, tmp_path: Path) -> None:
    assert _tocsin(installed, "init", "mine", cwd=tmp_path).returncode == 0
    checked = _tocsin(installed, "check", "first-drill", cwd=tmp_path / "mine")
    assert checked.returncode == 0, checked.stderr


@pytest.mark.parametrize("verb", ["list", "status", "stop", "replay", "check"])
def test_a_light_verb_imports_nothing_heavy(verb: str) -> None:
    script = (
        "import sys\nfrom tocsin.cli import build\n"
        f"build(({verb!r},))\nprint([name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"


def test_locust_is_never_imported_beside_the_director() -> None:
    script = "import sys, tocsin.director.session; print([n for n in ('locust', 'gevent') if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"
