"""Prometheus targets of a stack as file_sd files: one per job, rewritten whenever replicas change."""

import json
from collections import defaultdict
from pathlib import Path

from tocsin.stack.composefile import ComposeFile
from tocsin.stack.local.state import StackState
from tocsin.stack.ports import HOST


def write_targets(state: StackState, compose: ComposeFile) -> None:
    """Write ``targets/<service>.json`` for every service with metrics, and one for the load process."""
    jobs: dict[str, list[dict[str, object]]] = defaultdict(list)
    jobs["load"].append(_target("load", "load", state.load_port, "/metrics"))
    for replica in state.replicas:
        extension = compose.services[replica.service].extension
        if extension and extension.metrics:
            port = replica.ports[extension.metrics.port]
            jobs[replica.service].append(_target(replica.service, replica.name, port, extension.metrics.path))
    folder = Path(state.folder) / "targets"
    folder.mkdir(parents=True, exist_ok=True)
    for job, targets in jobs.items():
        draft = folder / f"{job}.new"
        draft.write_text(json.dumps(targets, indent=1), encoding="utf-8")
        draft.replace(folder / f"{job}.json")


def _target(service: str, instance: str, port: int, path: str) -> dict[str, object]:
    labels = {"job": service, "service": service, "instance": instance, "__metrics_path__": path}
    return {"targets": [f"{HOST}:{port}"], "labels": labels}
