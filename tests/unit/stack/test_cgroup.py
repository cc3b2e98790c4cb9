"""Groups are made level by level and removed again when the kernel refuses; the kernel here is a tree of files."""

import errno
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tocsin.stack.local import cgroup

Kernel = Callable[..., Path]


class Cgroupfs:
    """What the kernel does below ``root``: files appear in new groups, and groups are removed with them."""

    def __init__(self, root: Path, *, unified: bool, refused: str = "") -> None:
        self.root, self.unified, self.refused = root, unified, refused
        self.write, self.mkdir, self.rmdir = Path.write_text, Path.mkdir, Path.rmdir

    def populate(self, group: Path, controllers: str) -> None:
        """The files of a new group."""
        names = {"cgroup.procs": "", "cgroup.controllers": controllers, "cgroup.subtree_control": ""}
        if not self.unified:
            names = {"cgroup.procs": "", "cpu.cfs_quota_us": "-1", "cpu.cfs_period_us": "100000"}
            names |= {"memory.limit_in_bytes": "9223372036854771712"}
        if self.unified and "cpu" in controllers.split():
            names["cpu.max"] = "max 100000"
        if self.unified and "memory" in controllers.split():
            names["memory.max"] = "max"
        for name, text in names.items():
            if name == "cgroup.controllers" or not (group / name).exists():
                self.write(group / name, text)

    def on_mkdir(self, path: Path, *arguments: Any, **options: Any) -> None:
        """A group gets the controllers that its parent hands down."""
        self.mkdir(path, *arguments, **options)
        if path.is_relative_to(self.root):
            control = path.parent / "cgroup.subtree_control"
            self.populate(path, control.read_text() if control.exists() else "")

    def on_rmdir(self, path: Path) -> None:
        """The kernel's files do not keep a group; groups within it do."""
        if path.is_relative_to(self.root):
            if any(inner.is_dir() for inner in path.iterdir()):
                raise OSError(errno.EBUSY, "busy")
            shutil.rmtree(path)
            return
        self.rmdir(path)

    def on_write(self, path: Path, text: str, **options: Any) -> int:
        """A controller must be there to be handed down; a file of a controller that is not there cannot be written."""
        if not path.is_relative_to(self.root):
            return self.write(path, text, **options)
        if self.refused and path.match(self.refused):
            raise OSError(errno.EBUSY, "refused")
        if not path.exists():
            raise OSError(errno.EACCES, "the kernel makes these files, nobody else")
        if path.name == "cgroup.subtree_control":
            if text.lstrip("+") not in (path.parent / "cgroup.controllers").read_text().split():
                raise OSError(errno.ENOENT, "no such controller here")
            handed = f"{path.read_text()} {text.lstrip('+')}".strip()
            for child in path.parent.glob("*/"):
                self.populate(child, handed)
            return self.write(path, handed)
        return self.write(path, text, **options)


def method(function: Callable[..., Any]) -> Callable[..., Any]:
    """A bound method as a function that a class binds again: the path comes first."""

    def bound(*arguments: Any, **options: Any) -> Any:
        return function(*arguments, **options)

    return bound


@pytest.fixture
def kernel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Kernel:
    """Puts a kernel of either kind in place; answers with the root of its tree."""

    def put(*, unified: bool, refused: str = "") -> Path:
        root = tmp_path / "cgroup"
        root.mkdir()
        fake = Cgroupfs(root, unified=unified, refused=refused)
        fake.populate(root, "cpuset cpu memory")
        monkeypatch.delenv("TOCSIN_NO_CGROUP", raising=False)
        monkeypatch.setattr(cgroup, "_V1", tmp_path / "none" if unified else root)
        monkeypatch.setattr(cgroup, "_V1_MEMORY", tmp_path / "none" if unified else root)
        monkeypatch.setattr(cgroup, "_V2", root if unified else tmp_path / "none")
        monkeypatch.setattr(Path, "mkdir", method(fake.on_mkdir))
        monkeypatch.setattr(Path, "rmdir", method(fake.on_rmdir))
        monkeypatch.setattr(Path, "write_text", method(fake.on_write))
        return root

    return put


def test_v2_hands_the_controller_down_level_by_level(kernel: Kernel) -> None:
    root = kernel(unified=True)
    group = cgroup.make_group("abc/mysql-1")
    assert group == root / "tocsin" / "abc" / "mysql-1"
    for parent in (root, root / "tocsin", root / "tocsin" / "abc"):
        assert (parent / "cgroup.subtree_control").read_text() == "cpu"
    cgroup.set_quota(group, 0.5)
    assert (group / "cpu.max").read_text() == "50000 100000"
    assert cgroup.quota(group) == 0.5
    assert cgroup.make_group("abc/redis-1") == root / "tocsin" / "abc" / "redis-1"


def test_v2_adds_memory_to_the_same_group(kernel: Kernel) -> None:
    root = kernel(unified=True)
    group = cgroup.make_group("abc/mysql-1")
    assert group is not None
    assert cgroup.make_memory_group("abc/mysql-1", 1 << 30) == group
    assert (group / "memory.max").read_text() == str(1 << 30)
    assert (root / "tocsin" / "abc" / "cgroup.subtree_control").read_text() == "cpu memory"


def test_v2_without_the_memory_controller_keeps_the_cpu_limit(kernel: Kernel) -> None:
    root = kernel(unified=True, refused="*/mysql-1/memory.max")
    group = cgroup.make_group("abc/mysql-1")
    assert cgroup.make_memory_group("abc/mysql-1", 1 << 30) is None
    assert group == root / "tocsin" / "abc" / "mysql-1"
    assert group.exists()


def test_v1_keeps_memory_in_a_hierarchy_of_its_own(kernel: Kernel) -> None:
    root = kernel(unified=False)
    group = cgroup.make_memory_group("abc/mysql-1", 1 << 30)
    assert group == root / "tocsin" / "abc" / "mysql-1"
    assert (group / "memory.limit_in_bytes").read_text() == str(1 << 30)


def test_v1_needs_no_handing_down(kernel: Kernel) -> None:
    root = kernel(unified=False)
    group = cgroup.make_group("abc/mysql-1")
    assert group == root / "tocsin" / "abc" / "mysql-1"
    cgroup.set_quota(group, 0.5)
    assert (group / "cpu.cfs_quota_us").read_text() == "50000"
    assert cgroup.quota(group) == 0.5


@pytest.mark.parametrize(
    ("kind", "refused"),
    [
        ("v2", "*/mysql-1/cpu.max"),
        ("v2", "*/abc/cgroup.subtree_control"),
        ("v2", "*/cgroup/cgroup.subtree_control"),
        ("v1", "*/mysql-1/cpu.cfs_quota_us"),
    ],
)
def test_what_the_kernel_refuses_leaves_nothing_behind(kernel: Kernel, kind: str, refused: str) -> None:
    root = kernel(unified=kind == "v2", refused=refused)
    assert cgroup.make_group("abc/mysql-1") is None
    assert not (root / "tocsin").exists()


def test_a_refusal_leaves_the_groups_of_others_alone(kernel: Kernel) -> None:
    root = kernel(unified=True, refused="*/mysql-1/cpu.max")
    other = cgroup.make_group("abc/redis-1")
    assert other is not None
    assert cgroup.make_group("abc/mysql-1") is None
    assert sorted(path.name for path in (root / "tocsin" / "abc").iterdir() if path.is_dir()) == ["redis-1"]


def test_a_try_leaves_nothing_but_the_folder_of_all_stacks(kernel: Kernel) -> None:
    root = kernel(unified=True)
    assert cgroup.works()
    assert not [path for path in (root / "tocsin").iterdir() if path.is_dir()]
