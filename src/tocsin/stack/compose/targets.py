"""Where the Prometheus of a stack of containers finds the load process: a file_sd file, mounted into its container.

Everything else it finds by itself; what the load process listens on is known to each start alone.
"""

import json
from pathlib import Path

from tocsin.stack.compose.state import ComposeState


def targets_folder(state: ComposeState) -> Path:
    """The folder that is mounted where ``x-tocsin.container.targets`` says."""
    return Path(state.folder) / "targets"


def write_targets(state: ComposeState) -> None:
    """Write ``targets/load.json``, with the labels that it has on the local backend."""
    folder = targets_folder(state)
    folder.mkdir(parents=True, exist_ok=True)
    labels = {"job": "load", "service": "load", "instance": "load"}
    draft = folder / "load.new"
    draft.write_text(json.dumps([{"targets": [f"{state.load_host}:{state.load_port}"], "labels": labels}]), "utf-8")
    draft.chmod(0o644)  # Prometheus is somebody else in there
    draft.replace(folder / "load.json")
