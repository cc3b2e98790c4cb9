"""What Docker Compose is given beside the stack's own file."""

import json
import re
import stat
from pathlib import Path
from typing import Any

import pytest

from tocsin.errors import BadInput, StackNotReady
from tocsin.model.changes import Changes
from tocsin.stack.compose.command import explain, profiles
from tocsin.stack.compose.files import override_file, variables, variables_file, write_files
from tocsin.stack.compose.state import ComposeState, project_name
from tocsin.stack.composefile import ComposeFile, ComposeService, read_compose_file
from tocsin.stack.places import Places
from tocsin.stack.planned import workspace_secret

COMPOSE = """\
name: tiny
x-tocsin:
  edges: {web-redis: {caller: web, callee: redis, proxied: true, listen: 7000}}
  entry: {service: web}
  secrets: {WEB_PASSWORD: "{secret.web}"}
services:
  web:
    image: web
    environment: ["SIZE=1", "PASSWORD=${WEB_PASSWORD:?}"]
    command: [serve, "${DEPTH:-3}", "$${NOT_OURS:?}"]
    ports: ["127.0.0.1:${WEB_PORT:-80}:8080"]
    deploy: {resources: {limits: {cpus: "2"}}}
    x-tocsin: {component: http}
  redis:
    image: redis
    environment: {TOKEN: "${TOKEN:?wanted}"}
    ports: [{target: 6379, published: 6379}]
    x-tocsin: {component: redis}
  toxiproxy: {image: toxiproxy, ports: ["8474"], x-tocsin: {component: proxy}}
  watcher: {image: prometheus, x-tocsin: {component: monitoring, container: {targets: /targets}}}
  here-only: {image: exporter, profiles: [local], x-tocsin: {component: monitoring}}
"""


@pytest.fixture
def places(tmp_path: Path) -> Places:
    path = tmp_path / "compose" / "tiny" / "compose.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(COMPOSE, encoding="utf-8")
    folder = tmp_path / ".tocsin" / "stacks" / "tiny-compose"
    folder.mkdir(parents=True)
    return Places(path, folder, tmp_path / "cache", None, "compose")


@pytest.fixture
def tiny(places: Places) -> ComposeFile:
    return read_compose_file(places.compose)


def start(places: Places, changes: Changes | None = None) -> ComposeState:
    return ComposeState(
        stack="tiny",
        instance="abc",
        compose=str(places.compose),
        folder=str(places.folder),
        project="tiny-1",
        seed=7,
        changes=changes or Changes(),
        planned_replicas={"web": 1, "redis": 1, "toxiproxy": 1, "watcher": 2},
        planned_limits={"web": 0.5},
        ports={"web": {"main": 40001}, "redis": {"main": 40002}, "toxiproxy": {"main": 40003}},
        edges={"web-redis": 40004},
        load_port=40005,
    )


def override(places: Places) -> dict[str, Any]:
    text = override_file(places.folder).read_text(encoding="utf-8")
    assert len(re.findall(r'"ports": !override \[', text)) == 3
    found: dict[str, Any] = json.loads(text.replace("!override ", ""))["services"]
    return found


def test_each_start_has_its_own_ports_limits_and_labels(places: Places, tiny: ComposeFile) -> None:
    write_files(places, start(places), tiny)
    found = override(places)
    assert set(found) == {"web", "redis", "toxiproxy", "watcher"}
    assert found["web"]["ports"] == ["127.0.0.1:40001:8080"]
    assert found["redis"]["ports"] == ["127.0.0.1:40002:6379"]
    assert found["toxiproxy"]["ports"] == ["127.0.0.1:40003:8474", "127.0.0.1:40004:7000"]
    assert found["web"]["labels"] == {"tocsin.stack": "tiny", "tocsin.instance": "abc"}
    assert found["web"]["deploy"] == {"replicas": 1, "resources": {"limits": {"cpus": "0.5"}}}
    assert found["watcher"]["volumes"] == [f"{places.folder}/targets:/targets:ro"]
    assert "resources" not in found["redis"]["deploy"]


def test_every_published_port_is_on_loopback(places: Places, tiny: ComposeFile) -> None:
    write_files(places, start(places), tiny)
    assert all(port.startswith("127.0.0.1:") for one in override(places).values() for port in one.get("ports", []))


def test_secrets_are_made_once_and_stand_in_a_file_of_their_owner_alone(places: Places, tiny: ComposeFile) -> None:
    write_files(places, start(places), tiny)
    secret = workspace_secret(places.folder.parent.parent / "secrets.json", "web")
    given = variables(places, start(places), tiny)
    assert given["WEB_PASSWORD"] == secret
    assert given["TOKEN"]
    assert "NOT_OURS" not in given
    assert given["WEB_PORT"] == "40001"
    assert given["SEED"] == "7"
    path = variables_file(places.folder)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert f"WEB_PASSWORD='{secret}'" in path.read_text(encoding="utf-8")
    assert secret not in override_file(places.folder).read_text(encoding="utf-8")


def test_a_setting_is_an_environment_variable_or_one_of_the_file(places: Places, tiny: ComposeFile) -> None:
    changes = Changes(settings={"web": {"SIZE": "9", "DEPTH": "5"}})
    write_files(places, start(places, changes), tiny)
    assert override(places)["web"]["environment"] == {"SIZE": "9"}
    assert variables(places, start(places, changes), tiny)["DEPTH"] == "5"


def test_a_setting_that_would_change_nothing_is_refused(places: Places, tiny: ComposeFile) -> None:
    with pytest.raises(BadInput, match="COLOUR of web means nothing"):
        write_files(places, start(places, Changes(settings={"web": {"COLOUR": "red"}})), tiny)


@pytest.mark.parametrize(
    ("published", "wanted"),
    [
        ("8080", {"main": 8080}),
        ("80:8080", {"main": 8080}),
        ("127.0.0.1:80:8080/tcp", {"main": 8080}),
        ("127.0.0.1:${PORT:-80}:8080", {"main": 8080}),
        (8080, {"main": 8080}),
        ({"target": 8080, "published": "80"}, {"main": 8080}),
        ({"target": 8080, "protocol": "udp"}, {}),
        ("53:53/udp", {}),
        ("8000-8009:8000-8009", {}),
    ],
)
def test_the_container_s_side_of_a_published_port(published: object, wanted: dict[str, int]) -> None:
    assert ComposeService.model_validate({"ports": [published]}).container_ports == wanted


def test_a_project_belongs_to_one_workspace(tmp_path: Path) -> None:
    one, other = project_name("shop", tmp_path / "a"), project_name("shop", tmp_path / "b")
    assert one != other
    assert one == project_name("shop", tmp_path / "a")
    assert re.fullmatch(r"shop-[0-9a-f]{8}", one)


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        (
            "driver failed programming: Bind for 127.0.0.1:8080 failed: port is already allocated\n",
            "the port 127.0.0.1:8080 is taken",
        ),
        (
            "Ports are not available: listen tcp4 127.0.0.1:8080: bind: address already in use\n",
            "the port 127.0.0.1:8080 is taken",
        ),
        (
            "Error response from daemon: pull access denied for tocsin/none, repository does not exist\n",
            "the image tocsin/none is neither on this machine nor can it be pulled",
        ),
        (
            "Error response from daemon: manifest for redis:nope not found: manifest unknown\n",
            "the image redis:nope is neither",
        ),
    ],
)
def test_why_docker_compose_failed_in_one_line(tmp_path: Path, said: str, wanted: str) -> None:
    log = tmp_path / "log"
    log.write_text(said, encoding="utf-8")
    found = explain(log)
    assert isinstance(found, BadInput)
    assert wanted in found.message
    assert "\n" not in found.message
    assert found.hint


def test_a_registry_that_cannot_be_reached_is_told_with_the_image_that_was_wanted(tmp_path: Path) -> None:
    log = tmp_path / "log"
    why = "dial tcp 127.0.0.1:1: connect: connection refused"
    log.write_text(f'Error response from daemon: Get "http://127.0.0.1:1/v2/": {why}\n', encoding="utf-8")
    found = explain(log, ["127.0.0.1:1/tocsin-none:1"])
    assert isinstance(found, BadInput)
    assert (
        found.message == f"the image 127.0.0.1:1/tocsin-none:1 is neither on this machine nor can it be pulled: {why}"
    )
    assert "docker pull 127.0.0.1:1/tocsin-none:1" in found.hint


def test_anything_else_that_docker_compose_says_is_passed_on(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("Container x  Starting\nsomething odd\n\n", encoding="utf-8")
    found = explain(log)
    assert "something odd" in found.message
    assert not isinstance(found, (BadInput, StackNotReady))


def test_a_service_of_a_profile_is_started_where_the_environment_chooses_that(
    tiny: ComposeFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "here-only" not in tiny.with_profiles([]).container_services
    assert "here-only" not in tiny.with_profiles(["another"]).container_services
    assert "here-only" in tiny.with_profiles(["another", "local"]).container_services
    assert "here-only" in tiny.with_profiles(["*"]).container_services
    monkeypatch.setenv("COMPOSE_PROFILES", "grafana,local")
    assert profiles() == ["grafana", "local"]
    monkeypatch.setenv("COMPOSE_PROFILES", "")
    assert profiles() == []
