"""Load profiles as files: what one says of itself, read without importing it (Locust monkey-patches on import)."""

import ast
import importlib.util
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tocsin.errors import BadInput


@dataclass(frozen=True)
class ProfileInfo:
    """What a load profile says of itself: ramp in seconds, and the length of its stages if it has any, uncompressed."""

    name: str
    description: str
    ramp_seconds: float
    stages_seconds: float | None

    def ramp(self, compress: float) -> float:
        """Seconds until the full rate; only the phases of a profile with stages can be compressed."""
        return self.ramp_seconds if self.stages_seconds is None else self.ramp_seconds / compress

    def stages(self, compress: float) -> float | None:
        """Seconds until the last stage is over; None for a profile that goes on as long as it is let."""
        return None if self.stages_seconds is None else self.stages_seconds / compress


def read_profile(path: Path) -> ProfileInfo:
    """Read a profile's constants DESCRIPTION, RAMP_SECONDS and STAGES_SECONDS.

    Raises:
        BadInput: when the file is missing, is not Python, hides an importable module, or lacks a constant.
    """
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"), filename=str(path))
    except FileNotFoundError as error:
        raise BadInput(f"{path}: no such load profile") from error
    except SyntaxError as error:
        raise BadInput(f"{path}:{error.lineno}: not valid Python: {error.msg}") from error
    if hides_a_module(path.stem):
        raise BadInput(f"{path}: a load profile must not be called {path.stem!r}: that is an importable module")
    constants = _constants(tree)
    for needed in ("DESCRIPTION", "RAMP_SECONDS"):
        if needed not in constants:
            raise BadInput(f"{path}:1: the constant {needed} is missing")
    stages = constants.get("STAGES_SECONDS")
    return ProfileInfo(
        name=path.stem,
        description=str(constants["DESCRIPTION"]),
        ramp_seconds=float(constants["RAMP_SECONDS"]),
        stages_seconds=None if stages is None else float(stages),
    )


def hides_a_module(stem: str) -> bool:
    """True when ``import stem`` already means something else: Locust registers a profile under its stem."""
    return stem in sys.stdlib_module_names or importlib.util.find_spec(stem) is not None


def _constants(tree: ast.Module) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            try:
                found[node.targets[0].id] = ast.literal_eval(node.value)
            except ValueError:
                continue
    return found
