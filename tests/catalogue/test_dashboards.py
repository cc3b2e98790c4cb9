"""Grafana's dashboards as data: every query parses, and asks for series that somebody serves."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.conftest import ROOT
from tests.dashboards import DASHBOARDS, GRAFANA, panel_queries, read_dashboard

from tocsin.observe.matchers import split_selector
from tocsin.stack.programs import require_program
from tocsin.yamlfile import read_yaml

_NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
_KEYWORDS = {"and", "or", "unless", "by", "without", "on", "ignoring", "bool", "offset", "group_left", "group_right"}


def _metrics(query: str) -> set[str]:
    """The names of metrics that a query reads."""
    bare = re.sub(r"\{[^}]*\}|\[[^\]]*\]|\"[^\"]*\"", " ", query)
    bare = re.sub(r"\b(by|without|on|ignoring)\s*\([^)]*\)", " ", bare)
    words = re.finditer(rf"(?<![\w.])({_NAME})(?!\w)(\s*\()?", bare)
    return {word.group(1) for word in words if not word.group(2)} - _KEYWORDS


def _served() -> set[str]:
    """Every metric that the signals read or docs/metrics.md lists, histograms with their three series."""
    names = {"up"} | {split_selector(selector)[0] for selector in _selectors()}
    text = (ROOT / "docs" / "metrics.md").read_text(encoding="utf-8")
    for name in re.findall(rf"`({_NAME})`", text):
        names |= {name, f"{name}_bucket", f"{name}_sum", f"{name}_count"} if name.endswith("_seconds") else {name}
    return names


def _selectors() -> Iterator[str]:
    for signal in read_yaml(ROOT / "compose" / "shop" / "signals.yaml")["signals"].values():
        forms = (signal.get(form) for form in ("gauge", "rate", "mean", "share"))
        for form in filter(None, forms):
            yield from [form] if isinstance(form, str) else form.values()


def test_the_names_in_a_query_are_told_from_everything_else() -> None:
    query = 'histogram_quantile(0.9, sum by (le) (rate(a_bucket{job="x",y=~"b|c"}[10s]))) / on (name) d or abs(e)'
    assert _metrics(query) == {"a_bucket", "d", "e"}


@pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: path.stem)
def test_every_panel_asks_for_metrics_that_are_served(path: Path) -> None:
    served = _served()
    for panel, query in panel_queries(path):
        used = _metrics(query)
        assert used, f"{panel}: {query}"
        assert used <= served, f"{panel}: {sorted(used - served)}"


def test_every_query_parses(tmp_path: Path) -> None:
    found = [
        {"record": f"q:{path.stem}:{number}", "expr": query}
        for path in DASHBOARDS
        for number, (_, query) in enumerate(panel_queries(path))
    ]
    assert len(found) > 40
    assert _checked(tmp_path, found) == ""


def test_a_query_that_does_not_parse_is_seen(tmp_path: Path) -> None:
    assert "could not parse" in _checked(tmp_path, [{"record": "q", "expr": "sum(rate(x[10s])"}])


def _checked(folder: Path, rules: list[dict[str, str]]) -> str:
    """What Prometheus's own parser has to say against them."""
    file = folder / "rules.yaml"
    file.write_text(json.dumps({"groups": [{"name": "panels", "rules": rules}]}), encoding="utf-8")
    command = [str(require_program("promtool")), "check", "rules", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    return "" if done.returncode == 0 else done.stdout + done.stderr


def test_the_dashboards_are_four_and_use_the_source_that_is_provisioned() -> None:
    assert [path.stem for path in DASHBOARDS] == ["kafka", "resources", "scenario", "slo"]
    sources = read_yaml(GRAFANA / "provisioning" / "datasources" / "prometheus.yaml")["datasources"]
    assert len({read_dashboard(path)["uid"] for path in DASHBOARDS}) == len(DASHBOARDS)
    for path in DASHBOARDS:
        numbers = [panel["id"] for panel in read_dashboard(path)["panels"]]
        assert len(numbers) == len(set(numbers))
        for panel in read_dashboard(path)["panels"]:
            if panel["type"] != "row":
                assert panel["datasource"]["uid"] == sources[0]["uid"], panel["title"]


def test_every_objective_has_its_share_and_its_budget() -> None:
    slos = read_yaml(ROOT / "compose" / "shop" / "slos.yaml")["slos"]
    panels = read_dashboard(GRAFANA / "dashboards" / "slo.json")["panels"]
    shares = {panel["title"]: panel for panel in panels if panel["type"] == "timeseries"}
    assert sorted(shares) == sorted(slo["title"] for slo in slos.values())
    for slo in slos.values():
        line = shares[slo["title"]]["fieldConfig"]["defaults"]["thresholds"]["steps"][-1]["value"]
        assert line == pytest.approx(1 - slo["objective"])
    assert sum(panel["type"] == "stat" for panel in panels) == len(slos)
