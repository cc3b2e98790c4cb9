"""Three layers, nearest wins; names are found and the nearest one is offered."""

from pathlib import Path

import pytest
from tests.conftest import ROOT

from tocsin.errors import BadInput
from tocsin.suggest import nearest
from tocsin.workspace import Workspace, bundled_catalogue, git_commit
from tocsin.yamlfile import line_of, parse_word, read_yaml


def test_a_workspace_is_found_from_any_folder_below_it(workspace: Workspace) -> None:
    below = workspace.root / "a" / "b"
    below.mkdir(parents=True)
    assert Workspace.find(below).root == workspace.root


def test_the_nearest_layer_wins(workspace: Workspace) -> None:
    assert workspace.drills()["redis/flush"].is_relative_to(ROOT)
    own = workspace.root / "drills" / "redis" / "flush.yaml"
    own.parent.mkdir(parents=True)
    own.write_text("title: mine\n", encoding="utf-8")
    assert workspace.drills()["redis/flush"] == own
    assert workspace.drill_name(own) == "redis/flush"


def test_game_days_are_no_drills(workspace: Workspace) -> None:
    path = workspace.root / "drills" / "gamedays" / "friday.yaml"
    path.parent.mkdir(parents=True)
    path.write_text("title: x\n", encoding="utf-8")
    assert "gamedays/friday" not in workspace.drills()


def test_in_this_tree_the_catalogue_is_the_tree_itself() -> None:
    assert bundled_catalogue() == ROOT


def test_runs_are_found_by_id_beginning_path_and_last(workspace: Workspace) -> None:
    for name in ("20261124-1-a", "20261124-2-b"):
        (workspace.runs / name).mkdir(parents=True)
        (workspace.runs / name / "tape.db").touch()
    last = workspace.runs / "20261124-2-b"
    assert workspace.run("last") == workspace.run("20261124-2") == workspace.run(str(last / "tape.db")) == last
    with pytest.raises(BadInput, match="fits 2 runs"):
        workspace.run("20261124")
    with pytest.raises(BadInput, match="unknown run 'x'; the newest runs: 20261124-1-a, 20261124-2-b"):
        workspace.run("x")


def test_a_broken_manifest_is_named(workspace: Workspace) -> None:
    (workspace.root / "tocsin.toml").write_text("[workspace\n", encoding="utf-8")
    with pytest.raises(BadInput, match=r"tocsin\.toml: not valid TOML"):
        _ = workspace.default_stack


def test_the_commit_is_read_without_git(tmp_path: Path) -> None:
    assert git_commit(tmp_path) == ""
    head = tmp_path / ".git" / "refs" / "heads" / "main"
    head.parent.mkdir(parents=True)
    (tmp_path / ".git" / "HEAD").write_text("ref: refs/heads/main\n", encoding="utf-8")
    head.write_text("0123456789abcdef0123\n", encoding="utf-8")
    assert git_commit(tmp_path) == "0123456789ab"


def test_the_commit_of_a_packed_branch_and_of_a_worktree(tmp_path: Path) -> None:
    git = tmp_path / "repository" / ".git"
    own = git / "worktrees" / "side"
    own.mkdir(parents=True)
    (git / "HEAD").write_text("ref: refs/heads/main\n", encoding="utf-8")
    packed = "# pack-refs with: peeled fully-peeled sorted\n" + "a" * 40 + " refs/heads/main\n^" + "c" * 40 + "\n"
    (git / "packed-refs").write_text(packed + "b" * 40 + " refs/heads/side\n", encoding="utf-8")
    assert git_commit(git.parent) == "a" * 12
    side = tmp_path / "side"
    side.mkdir()
    (side / ".git").write_text(f"gitdir: {own}\n", encoding="utf-8")
    (own / "HEAD").write_text("ref: refs/heads/side\n", encoding="utf-8")
    (own / "commondir").write_text("../..\n", encoding="utf-8")
    assert git_commit(side) == "b" * 12
    loose = git / "refs" / "heads" / "side"
    loose.parent.mkdir(parents=True)
    loose.write_text("d" * 40 + "\n", encoding="utf-8")
    assert git_commit(side) == "d" * 12
    (own / "HEAD").write_text("e" * 40 + "\n", encoding="utf-8")
    assert git_commit(side) == "e" * 12


def test_fetched_programs_are_the_users_unless_the_workspace_has_its_own(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    assert workspace.tools == tmp_path / "data" / "tocsin" / "tools"
    monkeypatch.setenv("XDG_DATA_HOME", "not/absolute")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert workspace.tools == tmp_path / "home" / ".local" / "share" / "tocsin" / "tools"
    own = workspace.root / ".tocsin" / "tools"
    own.mkdir(parents=True)
    assert workspace.tools != own  # nothing is in it
    (own / "toxiproxy-server").touch()
    assert workspace.tools == own


def test_lines_are_those_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_text("a: 1\nb:\n  - c: 2\n  - d: 3\n", encoding="utf-8")
    data = read_yaml(path)
    assert line_of(data, ("b",)) == 2
    assert line_of(data, ("b", 1, "d")) == 4
    assert line_of(data, ("b", 1, "missing")) == 4


@pytest.mark.parametrize(
    ("text", "value"), [("5", 5), ("0.5", 0.5), ("true", True), ("all", "all"), ("[1, 2]", [1, 2]), ("a: [", "a: [")]
)
def test_words_of_the_command_line_are_read_as_yaml(text: str, value: object) -> None:
    assert parse_word(text) == value


def test_the_nearest_word_or_all_of_them() -> None:
    assert nearest("flsh", ["flush", "latency"]) == "did you mean 'flush'?"
    assert nearest("zzz", ["flush", "latency"]) == "valid: flush, latency"
    assert nearest("zzz", []) == "none is known"


def _git(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def test_the_commit_is_read_from_a_repository_and_from_a_linked_worktree(tmp_path: Path) -> None:
    heads = {"refs/heads/main": "a" * 40, "packed-refs": f"# pack-refs\n{'b' * 40} refs/heads/old\n"}
    _git(tmp_path / "repo" / ".git", {"HEAD": "ref: refs/heads/main\n", **heads})
    linked = {"HEAD": "ref: refs/heads/old\n", "commondir": "../..\n"}
    _git(tmp_path / "repo" / ".git" / "worktrees" / "side", linked)
    _git(tmp_path / "side", {".git": f"gitdir: {tmp_path}/repo/.git/worktrees/side\n"})
    assert git_commit(tmp_path / "repo") == "a" * 12
    assert git_commit(tmp_path / "side") == "b" * 12
    assert git_commit(tmp_path) == ""
