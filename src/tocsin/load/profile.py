"""Load profiles as files: what one says of itself, read without importing it (Locust monkey-patches on import)."""

import ast
import importlib.util
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tocsin.errors import BadInput
from tocsin.load.phases import Course, Phase, planned
from tocsin.suggest import nearest

TIMEOUT = 5.0
"""Seconds after which a request is given up, unless the profile says otherwise."""
MODELS = ("open", "closed")


@dataclass(frozen=True)
class ProfileInfo:
    """What a load profile says of itself, at full size and uncompressed.

    Attributes:
        ramp_seconds: until the load is at the level that drills are judged at.
        phases: none for a profile that goes on as long as it is let.
        model: ``open`` (levels are requests/s) or ``closed`` (virtual users); empty for a profile without phases.
        timeout: seconds after which a request is given up.
        think: seconds that a virtual user thinks between two requests; None where there are none.
    """

    name: str
    description: str
    ramp_seconds: float
    requests: tuple[str, ...] = ()
    phases: tuple[Phase, ...] = ()
    model: str = ""
    timeout: float = TIMEOUT
    think: float | None = None

    def picked(self, names: Sequence[str] = ()) -> tuple[Phase, ...]:
        """The phases of those names in the profile's order; all without names.

        Raises:
            BadInput: for a name that is none of its phases.
        """
        known = [phase.name for phase in self.phases]
        for name in names:
            if name not in known:
                hint = nearest(name, known) if known else "this profile has no phases"
                raise BadInput(f"unknown phase {name!r} of {self.name}; {hint}")
        return tuple(phase for phase in self.phases if not names or phase.name in names)

    def course(self, names: Sequence[str], scale: float, compress: float) -> Course | None:
        """Its phases as they are played; None for a profile without phases.

        Raises:
            BadInput: for a name that is none of its phases.
        """
        phases = self.picked(names)
        return planned(phases, scale, compress) if phases else None

    def ramp(self, compress: float, names: Sequence[str] = ()) -> float:
        """Seconds until the full level; of a profile with phases, as far as they are played, and compressed."""
        if not self.phases:
            return self.ramp_seconds
        begin, before = 0.0, 0.0
        for phase in self.phases:
            end = begin + phase.seconds
            if not names or phase.name in names:
                before += max(0.0, min(end, self.ramp_seconds) - begin)
            begin = end
        return before / compress


def read_profile(path: Path) -> ProfileInfo:
    """Read a profile's constants.

    DESCRIPTION and RAMP_SECONDS must be there; REQUESTS, PHASES with ARRIVALS, TIMEOUT_SECONDS and THINK_SECONDS may.

    Raises:
        BadInput: when the file is missing, is not Python, hides an importable module, or a constant is missing or
            makes no sense; naming file and line.
    """
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"), filename=str(path))
    except FileNotFoundError as error:
        raise BadInput(f"{path}: no such load profile") from error
    except SyntaxError as error:
        raise BadInput(f"{path}:{error.lineno}: not valid Python: {error.msg}") from error
    if hides_a_module(path.stem):
        raise BadInput(f"{path}: a load profile must not be called {path.stem!r}: that is an importable module")
    constants = _Constants(path, tree)
    phases = constants.phases()
    return ProfileInfo(
        name=path.stem,
        description=str(constants.needed("DESCRIPTION")),
        ramp_seconds=constants.seconds("RAMP_SECONDS", None),
        requests=tuple(constants.of("REQUESTS", ())),
        phases=phases,
        model=constants.model() if phases else "",
        timeout=constants.seconds("TIMEOUT_SECONDS", TIMEOUT),
        think=constants.seconds("THINK_SECONDS", 0.0) if "THINK_SECONDS" in constants else None,
    )


def hides_a_module(stem: str) -> bool:
    """True when ``import stem`` already means something else: Locust registers a profile under its stem."""
    return stem in sys.stdlib_module_names or importlib.util.find_spec(stem) is not None


class _Constants:
    """Literal assignments at the top level of a module, each with its syntax tree for the line."""

    def __init__(self, path: Path, tree: ast.Module) -> None:
        self._path = path
        self._nodes: dict[str, ast.expr] = {}
        for node in tree.body:
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                self._nodes[node.targets[0].id] = node.value

    def __contains__(self, name: str) -> bool:
        return name in self._nodes

    def of(self, name: str, default: Any) -> Any:
        """A constant's value.

        Raises:
            BadInput: it is no literal.
        """
        if name not in self._nodes:
            return default
        try:
            return ast.literal_eval(self._nodes[name])
        except ValueError as error:
            raise self.wrong(
                self._nodes[name], f"{name} must be a literal: it is read without running the file"
            ) from error

    def needed(self, name: str) -> Any:
        """The value of a constant that must be there."""
        if name not in self._nodes:
            raise BadInput(f"{self._path}:1: the constant {name} is missing")
        return self.of(name, None)

    def seconds(self, name: str, default: float | None) -> float:
        """A number of seconds, not below 0; one without a default must be there."""
        value = self.needed(name) if default is None else self.of(name, default)
        if not _is_number(value) or value < 0:
            raise self.wrong(self._nodes[name], f"{name} must be a number of seconds, not {value!r}")
        return float(value)

    def model(self) -> str:
        """ARRIVALS: what the levels of the phases are."""
        word = self.needed("ARRIVALS")
        if word not in MODELS:
            raise self.wrong(
                self._nodes["ARRIVALS"], f"ARRIVALS {word!r} is no valid word; {nearest(str(word), [*MODELS])}"
            )
        return str(word)

    def phases(self) -> tuple[Phase, ...]:
        """PHASES, each checked at its own line."""
        if "PHASES" not in self._nodes:
            return ()
        rows, node = self.of("PHASES", ()), self._nodes["PHASES"]
        if not isinstance(rows, tuple | list) or not rows or not isinstance(node, ast.Tuple | ast.List):
            raise self.wrong(node, "PHASES must hold phases: (name, seconds, level at its beginning, level at its end)")
        found: list[Phase] = []
        for row, place in zip(rows, node.elts, strict=True):
            found.append(self._phase(row, place, [phase.name for phase in found]))
        return tuple(found)

    def _phase(self, row: Any, place: ast.expr, known: list[str]) -> Phase:
        if not (isinstance(row, tuple | list) and len(row) == 4 and all(map(_is_number, row[1:]))):
            raise self.wrong(
                place, f"a phase is (name, seconds, level at its beginning, level at its end), not {row!r}"
            )
        name, seconds, first, last = row
        if name in known:
            raise self.wrong(place, f"the phase {name!r} is there twice")
        if seconds <= 0:
            raise self.wrong(place, f"the phase {name!r} must last longer than {seconds:g} s")
        if first < 0 or last < 0:
            raise self.wrong(place, f"the phase {name!r} has a negative level: {min(first, last):g}")
        return Phase(str(name), float(seconds), float(first), float(last))

    def wrong(self, node: ast.expr, message: str) -> BadInput:
        """A mistake at the line of a value."""
        return BadInput(f"{self._path}:{node.lineno}: {message}")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
