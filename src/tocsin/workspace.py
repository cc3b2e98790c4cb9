"""The only module that knows where files are.

A workspace is a folder with ``tocsin.toml``. The catalogue has three layers, nearest wins: the user's workspace,
plug-ins (entry-point group ``tocsin.catalogue``, a package with the same folders), and the bundled catalogue.
"""

import os
import tomllib
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path

from tocsin.errors import BadInput
from tocsin.suggest import nearest

MANIFEST = "tocsin.toml"
RUNTIME = ".tocsin"


@dataclass(frozen=True)
class Workspace:
    """One workspace: its root, and the layers of catalogue behind it."""

    root: Path
    layers: tuple[Path, ...]

    @classmethod
    def find(cls, start: Path | None = None) -> "Workspace":
        """The workspace around ``start`` (the current folder by default); without one, the current folder itself."""
        here = (start or Path.cwd()).resolve()
        root = next((folder for folder in (here, *here.parents) if (folder / MANIFEST).is_file()), here)
        layers = [root, *_plugin_folders(), bundled_catalogue()]
        return cls(root, tuple(dict.fromkeys(layers)))

    # what people write

    def drills(self) -> dict[str, Path]:
        """Drill files by name (``kafka/coupon-consumer-pause``); game days are not drills."""
        return {
            name: path for name, path in self._named("drills", "*.yaml").items() if not name.startswith("gamedays/")
        }

    def drill(self, text: str) -> Path:
        """A drill by path or by name.

        Raises:
            BadInput: when there is none, with the nearest name.
        """
        path = Path(text)
        if path.suffix in (".yaml", ".yml"):
            found = self._somewhere(path)
            if found is not None:
                return found
            raise BadInput(f"{text}: no such drill file; {nearest(text, self._drill_words())}")
        drills = self.drills()
        if text not in drills:
            raise BadInput(f"unknown drill {text!r}; {nearest(text, sorted(drills))}")
        return drills[text]

    def drill_name(self, path: Path) -> str:
        """The name of a drill file: its place below ``drills/`` without ending, or its stem elsewhere."""
        for layer in self.layers:
            if path.is_relative_to(layer / "drills"):
                return str(path.relative_to(layer / "drills").with_suffix(""))
        return path.stem

    def gamedays(self) -> dict[str, Path]:
        """Game day files by name (``first-friday``); what lies in folders beside them belongs to them."""
        found = self._named("drills/gamedays", "*.yaml")
        return {name: path for name, path in found.items() if "/" not in name}

    def gameday(self, text: str) -> Path:
        """A game day by path or by name.

        Raises:
            BadInput: when there is none, with the nearest name.
        """
        path = Path(text)
        if path.suffix in (".yaml", ".yml"):
            found = self._somewhere(path)
            if found is None:
                words = [f"drills/gamedays/{name}.yaml" for name in self.gamedays()]
                raise BadInput(f"{text}: no such game day file; {nearest(text, words)}")
            return found
        return _known("game day", text, self.gamedays())

    def script(self, text: str, beside: Path | None = None) -> Path:
        """A script by path: as given, beside a game day file, or in a layer of the catalogue.

        Raises:
            BadInput: when there is none.
        """
        if beside is not None and (beside.parent / text).is_file():
            return (beside.parent / text).resolve()
        found = self._somewhere(Path(text))
        if found is None:
            raise BadInput(f"{text}: no such script")
        return found

    def _somewhere(self, path: Path) -> Path | None:
        """A file below the current folder or a layer of the catalogue, the nearest one."""
        places = (folder / path for folder in (Path.cwd(), *self.layers))
        return next((place.resolve() for place in places if place.is_file()), None)

    def profiles(self) -> dict[str, Path]:
        """Load profiles by name."""
        return self._named("loadprofiles", "*.py")

    def stacks(self) -> dict[str, Path]:
        """Compose files by stack name."""
        return {Path(name).parent.name: path for name, path in self._named("compose", "compose.yaml").items()}

    def playbooks(self) -> dict[str, Path]:
        """Playbook files by cause."""
        return self._named("runbooks/playbooks", "*.yaml")

    def template(self, name: str) -> Path:
        """A document template.

        Raises:
            BadInput: when no layer has it.
        """
        for layer in self.layers:
            path = layer / "runbooks" / "templates" / name
            if path.is_file():
                return path
        raise BadInput(f"the template {name} is in no layer of the catalogue")

    def profile(self, name: str) -> Path:
        """A load profile by name."""
        return _known("load profile", name, self.profiles())

    def compose_file(self, stack: str) -> Path:
        """A stack's compose file."""
        return _known("stack", stack, self.stacks())

    @cached_property
    def settings(self) -> dict[str, object]:
        """``[workspace]`` of the manifest.

        Raises:
            BadInput: when the manifest is not TOML.
        """
        path = self.root / MANIFEST
        if not path.is_file():
            return {}
        try:
            with path.open("rb") as file:
                found = tomllib.load(file).get("workspace", {})
        except tomllib.TOMLDecodeError as error:
            raise BadInput(f"{path}: not valid TOML: {error}") from error
        return found if isinstance(found, dict) else {}

    @property
    def default_stack(self) -> str:
        """The stack meant when none is named."""
        return str(self.settings.get("default_stack", "shop"))

    # what Tocsin writes

    @property
    def runtime(self) -> Path:
        """``.tocsin``: everything that is not kept in git."""
        return self.root / RUNTIME

    @property
    def runs(self) -> Path:
        """One folder per run."""
        return self.runtime / "runs"

    def run_folders(self) -> list[Path]:
        """Folders of runs, oldest first."""
        return sorted(path for path in self.runs.glob("*/") if (path / "tape.db").exists())

    def tapes(self) -> list[Path]:
        """Tapes of runs, newest first."""
        return [folder / "tape.db" for folder in reversed(self.run_folders())]

    def run(self, text: str) -> Path:
        """A run's folder by id, by unique beginning, by path, or ``last``.

        Raises:
            BadInput: when there is none or more than one.
        """
        folders = {path.name: path for path in self.run_folders()}
        if text == "last" and folders:
            return list(folders.values())[-1]
        given = Path(text)
        if given.name == "tape.db" or (given / "tape.db").exists():
            return given.parent if given.name == "tape.db" else given
        matches = [name for name in folders if name == text or name.startswith(text)]
        if len(matches) == 1:
            return folders[matches[0]]
        if matches:
            raise BadInput(f"{text!r} fits {len(matches)} runs: {', '.join(matches[:5])}")
        recent = ", ".join(list(folders)[-3:]) or "none yet"
        raise BadInput(f"unknown run {text!r}; the newest runs: {recent}", hint="`tocsin list runs` shows all.")

    def ledgers(self) -> list[Path]:
        """Every ledger of this workspace, oldest first."""
        return sorted(self.runs.glob("*/ledger.jsonl"))

    def stack_folder(self, stack: str) -> Path:
        """The runtime folder of a stack."""
        return self.runtime / "stacks" / stack

    def stack_lock(self, stack: str) -> Path:
        """The lock that allows one run per stack."""
        return self.runtime / "locks" / f"{stack}.lock"

    @property
    def cache(self) -> Path:
        """Prepared data that later starts use again."""
        return self.runtime / "cache"

    @property
    def tools(self) -> Path:
        """Programs that ``doctor --install`` fetched: this workspace's own where it has any, else the user's."""
        own = self.runtime / "tools"
        return own if own.is_dir() and any(own.iterdir()) else user_data() / "tools"

    @property
    def gameday_records(self) -> Path:
        """One folder per game day that was run."""
        return self.runtime / "gamedays"

    @property
    def stop_file(self) -> Path:
        """Present while starts are blocked by ``tocsin stop``."""
        return self.runtime / "stopped.json"

    @property
    def incidents(self) -> Path:
        """Generated incident documents."""
        return self.root / "runbooks" / "incidents"

    def incident(self, run: str, language: str = "en") -> Path:
        """Where a run's document lies: English in the run's folder, other languages in their own below it."""
        return self.incidents / run if language == "en" else self.incidents / run / language

    @property
    def comparisons(self) -> Path:
        """Where comparison documents are written."""
        return self.root / "runbooks" / "comparisons"

    def runbook(self, fault: str, language: str = "en") -> Path:
        """The living page of a fault; languages other than English have a folder of their own."""
        folder = self.root / "runbooks"
        return (folder if language == "en" else folder / language) / f"{fault}.md"

    def _named(self, folder: str, pattern: str) -> dict[str, Path]:
        found: dict[str, Path] = {}
        for layer in reversed(self.layers):
            base = layer / folder
            for path in sorted(base.rglob(pattern)):
                found[str(path.relative_to(base).with_suffix(""))] = path
        return dict(sorted(found.items()))

    def _drill_words(self) -> list[str]:
        return [f"drills/{name}.yaml" for name in self.drills()]


def user_data() -> Path:
    """What one user's workspaces share (XDG base directories); a relative XDG_DATA_HOME is to be ignored."""
    given = Path(os.environ.get("XDG_DATA_HOME", ""))
    return (given if given.is_absolute() else Path.home() / ".local" / "share") / "tocsin"


def bundled_catalogue() -> Path:
    """The catalogue inside the wheel; in an editable install, the tree that it would be made from."""
    package = Path(__file__).parent
    bundled = package / "catalogue"
    return bundled if bundled.is_dir() else package.parent.parent


_NEW_MANIFEST = """\
# A Tocsin workspace. What is not found here comes from plug-ins and from the catalogue that Tocsin brings along.
[workspace]
default_stack = "shop"
"""
_NEW_IGNORE = ".tocsin/\nrunbooks/incidents/\nrunbooks/comparisons/\n"


def make_workspace(root: Path, example: Path) -> list[Path]:
    """Write the files of a new workspace, the drill ``example`` as its first; existing files are left alone.

    Returns:
        The files that were written.
    """
    content = {
        root / MANIFEST: _NEW_MANIFEST,
        root / ".gitignore": _NEW_IGNORE,
        root / "drills" / "first-drill.yaml": example.read_text(encoding="utf-8"),
    }
    fresh = {path: text for path, text in content.items() if not path.exists()}
    for path, text in fresh.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    for folder in ("faults", "loadprofiles", "runbooks"):
        (root / folder).mkdir(exist_ok=True)
    return list(fresh)


def _plugin_folders() -> list[Path]:
    folders = []
    for point in entry_points(group="tocsin.catalogue"):
        spec = find_spec(point.module)
        if spec is not None and spec.origin:
            folders.append(Path(spec.origin).parent)
    return folders


def _known(kind: str, name: str, known: dict[str, Path]) -> Path:
    if name not in known:
        raise BadInput(f"unknown {kind} {name!r}; {nearest(name, list(known))}")
    return known[name]


def git_commit(root: Path) -> str:
    """The commit that the workspace is at, read from ``.git`` without running git; empty when there is none.

    In a git worktree ``.git`` is a file that names the worktree's own folder, and branches lie in the common one.
    """
    folder = _git_folder(root / ".git")
    text = _line(folder / "HEAD")
    if not text.startswith("ref: "):
        return text[:12]
    name = text.removeprefix("ref: ")
    common = folder / (_line(folder / "commondir") or ".")
    return (_line(folder / name) or _line(common / name) or _packed(common / "packed-refs", name))[:12]


def _git_folder(marker: Path) -> Path:
    if not marker.is_file():
        return marker
    return marker.parent / _line(marker).removeprefix("gitdir: ")


def _line(path: Path) -> str:
    return path.read_text(encoding="utf-8").strip() if path.is_file() else ""


def _packed(path: Path, name: str) -> str:
    for line in _line(path).splitlines():
        commit, _, known = line.partition(" ")
        if known == name:
            return commit
    return ""
