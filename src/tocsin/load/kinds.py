"""The classes of users that a profile brings, and what is wrong with them."""

import ast
import importlib.util
import traceback
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

from tocsin.errors import BadInput
from tocsin.load.users import ArrivalUser, MeasuredUser
from tocsin.suggest import nearest


def load_profile(path: Path) -> ModuleType:
    """Import a profile under a name of its own, so that it can hide no other module.

    Raises:
        BadInput: naming file and line of what went wrong.
    """
    spec = importlib.util.spec_from_file_location(f"tocsin_profile_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise BadInput(f"{path}: cannot be read as a load profile")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:  # a profile is somebody's program and may raise anything
        lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
        where = getattr(error, "lineno", None) or (lines[-1] if lines else 1)
        raise BadInput(f"{path}:{where}: the load profile does not import: {type(error).__name__}: {error}") from error
    return module


def user_classes(module: ModuleType, path: Path) -> list[type[MeasuredUser]]:
    """The kinds of users that a profile brings.

    Raises:
        BadInput: when there is none, they do not fit together, or the profile does not say which requests it sends.
    """
    classes = [kind for kind in vars(module).values() if is_concrete(kind, MeasuredUser)]
    if not classes:
        raise BadInput(f"{path}:1: there is no user class in this load profile")
    if not getattr(module, "REQUESTS", None):
        raise BadInput(f"{path}:1: the constant REQUESTS (the names of its requests) is missing")
    arriving = [kind for kind in classes if issubclass(kind, ArrivalUser)]
    if arriving and len(classes) > 1:
        raise BadInput(f"{path}:1: a profile of arrivals has one user class, not {len(classes)}: one schedule for all")
    for kind in arriving:
        _check_mix(kind, path, list(module.REQUESTS), phased=hasattr(module, "PHASES"))
    expected = getattr(module, "ARRIVALS", "open" if arriving else "closed")
    if (expected == "open") != bool(arriving):
        wanted = "ArrivalUser" if expected == "open" else "ClosedUser"
        raise BadInput(f"{path}:1: ARRIVALS is {expected!r}, so its user class must be an {wanted}")
    return classes


def is_open(kinds: Sequence[type[MeasuredUser]]) -> bool:
    """True for users that start requests on a schedule."""
    return any(issubclass(kind, ArrivalUser) for kind in kinds)


def is_concrete(kind: object, base: type) -> bool:
    """True for a class that is meant to be used, and not only built upon."""
    return isinstance(kind, type) and issubclass(kind, base) and kind is not base and not kind.__dict__.get("abstract")


def _check_mix(kind: type[ArrivalUser], path: Path, requests: list[str], *, phased: bool) -> None:
    word = "shares" if phased else "rates"
    mix = getattr(kind, word)
    where = f"{path}:{_line(path, kind.__name__, word)}"
    for name, weight in mix.items():
        if name not in requests:
            raise BadInput(f"{where}: {word} has the request {name!r}, REQUESTS has not; {nearest(name, requests)}")
        if weight < 0:
            raise BadInput(f"{where}: the request {name!r} has a negative rate: {weight:g}")
    if not sum(mix.values()) > 0:
        raise BadInput(f"{where}: {kind.__name__} has no {word}: nothing would ever arrive")


def _line(path: Path, kind: str, attribute: str) -> int:
    """Where a class says an attribute; where the class begins when it does not."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = next((node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == kind), None)
    if found is None:
        return 1
    for node in found.body:
        if isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if any(isinstance(target, ast.Name) and target.id == attribute for target in targets):
                return node.lineno
    return found.lineno
