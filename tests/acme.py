"""A fault of somebody else's package, installed for a test through the entry point, that misbehaves where it is told.

``ACME=<step>:<what>`` in the environment names the step of the fault's code at which something happens, once:
the steps are ``plan``, ``apply.before``, ``apply.after``, ``revert.before``, ``revert.after`` and ``residue``, and they
stand for every boundary between two states of the ledger. ``ACME_ONCE`` is a file that remembers that it happened.
"""

import os
import shutil
from pathlib import Path

from tests.conftest import ROOT

from tocsin.workspace import Workspace

FAULT = '''
import os, pathlib, signal, threading
from typing import ClassVar
from pydantic import BaseModel, ConfigDict
from tocsin.model.fault import FaultSpec, Injection, Proof
from tocsin.model.stack import Stack

class Parameters(BaseModel):
    model_config = ConfigDict(extra="forbid")

def _at(step):
    place, _, what = os.environ.get("ACME", "").partition(":")
    once = pathlib.Path(os.environ.get("ACME_ONCE", "/nowhere"))
    if place != step or once.exists():
        return
    if what != "raise":  # a fault that raises does so each time
        once.touch()
    guardian, director = (os.getpid(), os.getppid()) if step != "plan" else (0, os.getpid())
    if what in ("kill director", "kill both", "kill director and freeze guardian"):
        os.kill(director, signal.SIGKILL)
    if what in ("kill guardian", "kill both"):
        os.kill(guardian, signal.SIGKILL)
    if what == "freeze director":
        os.kill(director, signal.SIGSTOP)
    if what in ("freeze guardian", "kill director and freeze guardian"):
        os.kill(guardian, signal.SIGSTOP)
    if what == "kill director and hang":
        os.kill(director, signal.SIGKILL)
        threading.Event().wait()
    if what == "raise":
        raise AttributeError("the author has not thought of this")

class NoCache:
    """Switches the shop's cache off; knows nothing of guardians and ledgers."""
    spec: ClassVar[FaultSpec] = FaultSpec(
        id="acme.no_cache", cause="acme.no_cache", component="http", holds="data", undo="reversible", summary="none",
    )
    Parameters: ClassVar[type[BaseModel]] = Parameters
    def plan(self, stack: Stack, injection: Injection) -> Injection:
        _at("plan")
        return injection.model_copy(update={"prior": {"cache": stack.flags()["cache"]}})
    def apply(self, stack: Stack, injection: Injection) -> None:
        _at("apply.before")
        stack.set_flag("cache", False)
        _at("apply.after")
    def revert(self, stack: Stack, injection: Injection) -> None:
        _at("revert.before")
        stack.set_flag("cache", injection.prior["cache"])
        _at("revert.after")
    def bites(self, stack: Stack, injection: Injection) -> Proof:
        return Proof(holds=not stack.flags()["cache"], evidence="the flag")
    def residue(self, stack: Stack, injection: Injection) -> list[str]:
        _at("residue")
        return [] if stack.flags()["cache"] == injection.prior["cache"] else ["the cache is still off"]
'''
WORDS = ["inject", "acme.no_cache", "--target", "app"]
_ALLOWED = "allow: [service.pause, service.kill, service.cpu_throttle, service.memory_limit]"


def install(folder: Path) -> Path:
    """The installed package: a folder for PYTHONPATH."""
    (folder / "acme_faults.py").write_text(FAULT, encoding="utf-8")
    info = folder / "acme_faults-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-faults\nVersion: 1.0\n", encoding="utf-8")
    (info / "entry_points.txt").write_text("[tocsin.faults]\nacme.no_cache = acme_faults:NoCache\n", encoding="utf-8")
    return folder


def opt_in(workspace: Workspace) -> None:
    """A shop of the workspace's own that allows the foreign fault."""
    shop = workspace.root / "compose" / "shop"
    shutil.copytree(ROOT / "compose" / "shop", shop, ignore=shutil.ignore_patterns("__pycache__"))
    text = (shop / "compose.yaml").read_text(encoding="utf-8")
    assert _ALLOWED in text
    text = text.replace(_ALLOWED, _ALLOWED.replace("]", ", acme.no_cache]"))
    (shop / "compose.yaml").write_text(text, encoding="utf-8")


def environment(package: Path, step: str = "", once: Path | None = None) -> dict[str, str]:
    """The environment of a command that has the package, and in which ``step`` (``place:what``) happens once."""
    return dict(os.environ) | {"PYTHONPATH": str(package), "ACME": step, "ACME_ONCE": str(once or "/nowhere")}
