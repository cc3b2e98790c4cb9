"""A workspace for tests on real servers: its own folder and data, the repository's fetched programs."""

import json
import subprocess
import sys
from collections.abc import Collection
from pathlib import Path
from typing import Any

from tests.conftest import ROOT

from tocsin import clock
from tocsin.errors import TocsinError
from tocsin.tape.store import TapeReader
from tocsin.workspace import Workspace

TOCSIN = [sys.executable, "-c", "from tocsin.cli import main; main()"]

SHORT_DRILL = """\
title: A short consumer pause
stack: shop
load: {profile: shop_mix, scale: 0.5, for: 100s}
steady: {for: 15s}
faults:
  - {at: 1s, fault: kafka.consumer_pause, target: coupon-issuer, for: 30s, with: {replicas: all}}
expect: {detected_within: 20s, classified_as: kafka.consumer_pause, mitigated_within: 60s}
invariants: [coupons_not_oversold, no_coupon_issued_twice, every_accepted_coupon_issued]
"""

QUICK_DRILL = SHORT_DRILL.replace("steady: {for: 15s}", "steady: {for: 3s}").replace("shop_mix", "quick_mix")
"""For runs that are ended before their time: how healthy the system was before is of no interest, nor is the ramp."""


def make_live_workspace(root: Path) -> Workspace:
    """A workspace of its own, with the repository as its catalogue."""
    root.mkdir(parents=True)
    (root / "tocsin.toml").write_text('[workspace]\ndefault_stack = "shop"\n', encoding="utf-8")
    (root / ".tocsin").mkdir()
    (root / ".tocsin" / "tools").symlink_to(Workspace(ROOT, (ROOT,)).tools)
    (root / "drills").mkdir()
    (root / "drills" / "short.yaml").write_text(SHORT_DRILL, encoding="utf-8")
    (root / "drills" / "quick.yaml").write_text(QUICK_DRILL, encoding="utf-8")
    (root / "loadprofiles").mkdir()
    mix = (ROOT / "loadprofiles" / "shop_mix.py").read_text(encoding="utf-8")
    quick = mix.replace("RAMP_SECONDS = 10.0", "RAMP_SECONDS = 1.0")
    (root / "loadprofiles" / "quick_mix.py").write_text(quick, encoding="utf-8")
    return Workspace(root, (root, ROOT))


def tocsin(workspace: Workspace, *words: str, timeout: float = 200.0) -> "subprocess.CompletedProcess[str]":
    """Run the command line in a workspace."""
    return subprocess.run(
        [*TOCSIN, *words], cwd=workspace.root, capture_output=True, text=True, check=False, timeout=timeout
    )


def begin(workspace: Workspace, *words: str) -> "subprocess.Popen[str]":
    """Start the command line in a workspace and return at once."""
    return subprocess.Popen(
        [*TOCSIN, *words], cwd=workspace.root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def status(workspace: Workspace) -> dict[str, Any]:
    """What ``tocsin status --json`` says."""
    found: dict[str, Any] = json.loads(tocsin(workspace, "status", "--json").stdout)
    return found


def wait_for_event(workspace: Workspace, kind: str, timeout: float = 120.0, besides: Collection[Path] = ()) -> Path:
    """Wait until the newest run's tape has an event of that kind; returns the run's folder.

    ``besides``: folders of runs that were there before the one that is meant.
    """

    def seen() -> bool:
        folders = workspace.run_folders()
        if not folders or folders[-1] in besides:
            return False
        try:
            with TapeReader.open(folders[-1] / "tape.db") as reader:
                return any(event.data.kind == kind for event in reader.events())
        except TocsinError:  # the tape is just being made
            return False

    assert clock.wait_until(seen, timeout=timeout, every=0.2), f"no {kind} within {timeout} s"
    return workspace.run_folders()[-1]


def processes_in(folder: Path) -> list[str]:
    """Command lines of living processes whose environment or arguments name the folder."""
    needle = str(folder).encode()
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            state = (entry / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[0]
            words = (entry / "cmdline").read_bytes()
            if state not in "ZX" and needle in words:
                found.append(words.replace(b"\0", b" ").decode(errors="replace"))
        except OSError:
            continue
    return found


def guardian_of(ledger: Path) -> int | None:
    """The process id of the guardian that holds a ledger."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if b"tocsin.guardian" in words and str(ledger).encode() in words:
                return int(entry.name)
    return None
