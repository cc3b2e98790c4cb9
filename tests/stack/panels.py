"""Every panel of every dashboard, asked of the Prometheus of a stack that is under load."""

import json
import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests
from tests.conftest import ROOT
from tests.dashboards import DASHBOARDS, panel_queries

from tocsin import clock
from tocsin.load.handler import LoadHandler, LoadStart
from tocsin.model.stack import Stack

LOADS = (("shop_mix", 0.5), ("orders", 0.1))
"""Load profiles, with their scale, that together make every kind of request."""
_WITHIN = 45.0
"""Seconds of one load in which a panel must show something; a part of them are its ramp."""


@dataclass(frozen=True)
class Panel:
    """One query of one panel."""

    dashboard: str
    title: str
    query: str

    def __str__(self) -> str:
        return f"{self.dashboard}: {self.title}: {self.query}"


def all_panels() -> list[Panel]:
    """Every query there is, over the last minute where it asks for the time shown."""
    return [Panel(path.stem, title, query) for path in DASHBOARDS for title, query in panel_queries(path, span="1m")]


def left_out(panels: list[Panel], reasons: Mapping[tuple[str, str], str]) -> list[Panel]:
    """The panels that must show something; ``reasons`` has (dashboard, title) of those that need not, and why.

    A reason for a panel that is not there is a mistake.
    """
    known = {(panel.dashboard, panel.title) for panel in panels}
    assert set(reasons) <= known, f"no such panels: {set(reasons) - known}"
    assert all(reasons.values())
    return [panel for panel in panels if (panel.dashboard, panel.title) not in reasons]


def empty_panels(stack: Stack, panels: list[Panel], folder: Path) -> list[Panel]:
    """Those that show nothing, whatever the load."""
    empty = panels
    for profile, scale in LOADS:
        with _load(stack, profile, scale, folder / profile):
            still = empty

            def none_left() -> bool:
                nonlocal still
                still = [panel for panel in still if not shows(stack, panel.query)]
                return not still

            clock.wait_until(none_left, timeout=_WITHIN, every=2.0)
            empty = still
    return empty


def shows(stack: Stack, query: str) -> bool:
    """Whether a query finds a figure now; NaN (nothing by nothing) is none."""
    address = stack.address("prometheus")
    answer = requests.get(
        f"http://{address.host}:{address.port}/api/v1/query", params={"query": query}, timeout=10
    ).json()
    assert answer["status"] == "success", f"{query}: {answer}"
    return any(math.isfinite(float(row["value"][1])) for row in answer["data"]["result"])


@contextmanager
def _load(stack: Stack, profile: str, scale: float, folder: Path) -> Iterator[None]:
    folder.mkdir(parents=True)
    address = stack.address("app")
    start = LoadStart(
        profile=ROOT / "loadprofiles" / f"{profile}.py", host=f"http://{address.host}:{address.port}",
        metrics_port=stack.load_port, metrics_host=stack.load_host, seed=7, scale=scale, compress=1.0,
        duration=2 * _WITHIN, folder=folder, run=f"panels-{profile}",
    )  # fmt: skip
    record = json.loads(start.model_dump_json())
    handler = LoadHandler()
    handler.apply(record)
    try:
        yield
    finally:
        handler.revert(record)
    assert handler.residue(record) == []
