"""The pictures of the console in the documents are what it looks like now."""

from pathlib import Path

import pytest
from tests.make_screenshots import PICTURES, SCENES, picture


@pytest.mark.parametrize("name", SCENES)
def test_the_picture_in_the_documents_is_what_the_console_looks_like(tmp_path: Path, name: str) -> None:
    kept = PICTURES / f"console-{name}.svg"
    now = picture(name, tmp_path)
    if now != kept.read_text(encoding="utf-8"):
        (tmp_path / kept.name).write_text(now, encoding="utf-8")
        pytest.fail(f"{kept} is not what it looks like now, see {tmp_path / kept.name}; `make docs` writes it again")
