"""The container side of the stacks as data: ports, health checks, and images that hold what is tested."""

import ast
import re
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import ROOT

from tocsin.yamlfile import read_yaml

SHOP = ROOT / "compose" / "shop"
SERVICES: dict[str, Any] = read_yaml(SHOP / "compose.yaml")["services"]
REQUIREMENTS = (SHOP / "app" / "requirements.txt", ROOT / "src" / "tocsin" / "exporters" / "requirements.txt")
_PACKAGES = {"kafka": "kafka-python", "prometheus_client": "prometheus-client"}


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_every_published_port_is_on_loopback(name: str) -> None:
    for port in SERVICES[name].get("ports", ()):
        assert str(port).startswith("127.0.0.1:"), port


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_every_service_says_when_it_is_healthy_and_waits_for_what_it_needs(name: str) -> None:
    service = SERVICES[name]
    if service.get("profiles") == ["local"]:
        return
    ends_by_itself = "restart" in service and service["restart"].startswith("on-failure")
    assert ("healthcheck" in service) is not ends_by_itself
    for needed, how in service.get("depends_on", {}).items():
        ended = "restart" in SERVICES[needed]
        assert how["condition"] == ("service_completed_successfully" if ended else "service_healthy")


def test_what_the_plan_limits_is_limited_and_reserved() -> None:
    plan = {
        "app": (2, "2G"),
        "mysql": (1, "1G"),
        "redis": (0.5, "512M"),
        "kafka": (1, "1G"),
        "zookeeper": (0.5, "512M"),
    }
    for name, (cpus, memory) in plan.items():
        resources = SERVICES[name]["deploy"]["resources"]
        assert (float(resources["limits"]["cpus"]), resources["limits"]["memory"]) == (cpus, memory)
        assert float(resources["reservations"]["cpus"]) <= cpus


@pytest.mark.parametrize("path", REQUIREMENTS, ids=lambda path: path.parent.name)
def test_an_image_holds_the_versions_that_are_tested(path: Path) -> None:
    lock = tomllib.loads((ROOT / "uv.lock").read_text(encoding="utf-8"))
    locked = {package["name"]: package["version"] for package in lock["package"]}
    pins = _pins(path)
    assert pins
    for name, version in pins.items():
        assert locked.get(name, version) == version, name


@pytest.mark.parametrize(
    ("path", "code"),
    list(zip(REQUIREMENTS, (SHOP / "app" / "shop", ROOT / "src" / "tocsin" / "exporters"), strict=True)),
)
def test_an_image_holds_what_its_programs_import(path: Path, code: Path) -> None:
    imported = {name for file in code.glob("*.py") for name in _imports(file)}
    outside = imported - set(sys.stdlib_module_names) - {"shop", "tocsin"}
    assert {_PACKAGES.get(name, name) for name in outside} <= set(_pins(path))


def _pins(path: Path) -> dict[str, str]:
    found = re.findall(r"^([a-z-]+)(?:\[[a-z]+\])?==(\S+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return dict(found)


def _imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.partition(".")[0])
    return found
