"""Faults by name, through the entry-point group ``tocsin.faults``; listing names imports nothing."""

from collections.abc import Callable
from functools import cache
from importlib.metadata import EntryPoint, entry_points

from tocsin.errors import BadInput
from tocsin.model.fault import Fault
from tocsin.suggest import nearest

GROUP = "tocsin.faults"


@cache
def _points() -> dict[str, EntryPoint]:
    return {point.name: point for point in entry_points(group=GROUP)}


def fault_names() -> list[str]:
    """Names of all installed faults."""
    return sorted(_points())


@cache
def load_fault(name: str) -> Fault:
    """The fault of that name.

    Raises:
        BadInput: when there is none, or its package cannot be imported.
    """
    point = _points().get(name)
    if point is None:
        raise BadInput(f"unknown fault {name!r}; {nearest(name, fault_names())}")
    try:
        factory: Callable[[], Fault] = point.load()
    except (ImportError, AttributeError) as error:
        raise BadInput(f"the fault {name!r} ({point.value}) cannot be loaded: {error}") from error
    return factory()
