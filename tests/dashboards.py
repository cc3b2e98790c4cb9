"""Grafana's dashboards as the tests read them."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.conftest import ROOT

GRAFANA = ROOT / "compose" / "shop" / "grafana"
DASHBOARDS = sorted((GRAFANA / "dashboards").glob("*.json"))


def read_dashboard(path: Path) -> dict[str, Any]:
    """One dashboard."""
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


def panel_queries(path: Path, span: str = "15m") -> Iterator[tuple[str, str]]:
    """(panel, query) for each, with Grafana's own variables filled in; ``span`` is the time shown."""
    for panel in read_dashboard(path)["panels"]:
        for target in panel.get("targets", ()):
            yield panel["title"], target["expr"].replace("$__range", span)
