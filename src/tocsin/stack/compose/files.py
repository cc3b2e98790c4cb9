"""What Docker Compose is given beside the stack's own file: an override with this start's changes, and variables.

The override gives each start its own free loopback ports, so that several projects run side by side; labels by which
its containers are found; limits that fit this machine; and the changes of a drill. Secrets stand in the file of
variables alone, which only its owner can read.
"""

import json
import re
from pathlib import Path
from typing import Any

import tocsin
from tocsin.errors import BadInput
from tocsin.stack.compose.engine import INSTANCE
from tocsin.stack.compose.state import ComposeState
from tocsin.stack.compose.targets import targets_folder
from tocsin.stack.composefile import ComposeFile
from tocsin.stack.edges import PROXY_COMPONENT
from tocsin.stack.places import Places
from tocsin.stack.planned import secret_name, workspace_secret, write_own

STACK = "tocsin.stack"
_NEEDED = re.compile(r"(?<!\$)\$\{([A-Za-z_][A-Za-z0-9_]*):?\?")
"""A variable without which Docker Compose does not start: ``${NAME:?why}``."""
_BY_VARIABLE = re.compile(r":\$\{([A-Za-z_][A-Za-z0-9_]*)[^}]*\}:(\d+)$")
"""A published port that is a variable: ``127.0.0.1:${NAME:-8080}:80``."""
_USED = re.compile(r"(?<!\$)\$\{?([A-Za-z_][A-Za-z0-9_]*)")


def override_file(folder: Path) -> Path:
    """Where a start's override is."""
    return folder / "override.yaml"


def variables_file(folder: Path) -> Path:
    """Where a start's variables are."""
    return folder / "variables.env"


def write_files(places: Places, state: ComposeState, compose: ComposeFile) -> None:
    """Write both files of a start."""
    services = {name: _service(name, state, compose) for name in compose.container_services}
    text = json.dumps({"services": services}, indent=1, ensure_ascii=False)  # JSON is YAML
    text = re.sub(r'^(\s*"ports": )\[', r"\1!override [", text, flags=re.MULTILINE)
    override_file(places.folder).write_text(text + "\n", encoding="utf-8")
    given = variables(places, state, compose)
    lines = [f"{name}={_quoted(value)}" for name, value in sorted(given.items())]
    write_own(variables_file(places.folder), "\n".join(lines) + "\n")


def _service(name: str, state: ComposeState, compose: ComposeFile) -> dict[str, Any]:
    ports = published(name, state, compose)
    limit = state.planned_limits.get(name)
    resources = {"resources": {"limits": {"cpus": str(limit)}}} if limit is not None else {}
    environment = {
        key: value for key, value in state.changes.settings.get(name, {}).items() if key in _environment(name, compose)
    }
    return {
        "labels": {STACK: state.stack, INSTANCE: state.instance},
        "deploy": {"replicas": state.planned_replicas[name]} | resources,
        **({"volumes": mounts} if (mounts := _mounts(name, state, compose)) else {}),
        **({"ports": ports} if ports or compose.services[name].ports else {}),
        **({"environment": environment} if environment else {}),
    }


def _mounts(name: str, state: ComposeState, compose: ComposeFile) -> list[str]:
    extension = compose.services[name].extension
    inside = extension.container.targets if extension and extension.container else None
    return [f"{targets_folder(state)}:{inside}:ro"] if inside else []


def published(name: str, state: ComposeState, compose: ComposeFile) -> list[str]:
    """Ports of a service as Docker Compose is told to publish them: fixed where there is one replica, else any free."""
    fixed = state.ports.get(name, {})
    found = [
        f"127.0.0.1:{fixed.get(port, '')}:{inside}" for port, inside in compose.services[name].container_ports.items()
    ]
    if compose.topology.services.get(name) and compose.topology.services[name].component == PROXY_COMPONENT:
        edges = compose.extension.edges
        found += [f"127.0.0.1:{port}:{edges[edge].listen}" for edge, port in state.edges.items()]
    return found


def variables(places: Places, state: ComposeState, compose: ComposeFile) -> dict[str, str]:
    """Seed, changed settings and drawn ports by the names that the compose file has, and the secrets that it wants."""
    text = places.compose.read_text(encoding="utf-8")
    secrets, declared = places.folder.parent.parent / "secrets.json", compose.extension.secrets
    given = {
        name: workspace_secret(secrets, secret_name(declared.get(name, name)))
        for name in {*declared, *_NEEDED.findall(text)}
    }
    used = set(_USED.findall(text))
    for service, settings in state.changes.settings.items():
        for name, value in settings.items():
            if name not in used and name not in _environment(service, compose):
                raise BadInput(
                    f"the setting {name} of {service} means nothing to containers",
                    hint=f"Give {service} a variable {name} in {places.compose}, or use ${{{name}}} there.",
                )
            given[name] = value
    given |= _port_variables(state, compose)
    package = str(Path(tocsin.__file__).parent)  # what an image of our exporters is built from
    return given | {"SEED": str(state.seed), "COMPOSE_PROJECT_NAME": state.project, "TOCSIN_PACKAGE": package}


def _port_variables(state: ComposeState, compose: ComposeFile) -> dict[str, str]:
    """The drawn ports under the names that the compose file has for them: a server may have to know its own."""
    found = {}
    for name, drawn in state.ports.items():
        by_number = {inside: port for port, inside in compose.services[name].container_ports.items()}
        for text in compose.services[name].ports:
            match = _BY_VARIABLE.search(str(text))
            if match:
                found[match.group(1)] = str(drawn[by_number[int(match.group(2))]])
    return found


def _environment(name: str, compose: ComposeFile) -> dict[str, Any]:
    return compose.services[name].environment if name in compose.services else {}


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
