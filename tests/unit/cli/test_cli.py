"""The command line as a person meets it: what is listed, what is refused and how."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from tests.conftest import ROOT

from tocsin.cli import VERBS, build
from tocsin.cli.run import exit_code
from tocsin.director.session import Ran
from tocsin.errors import Aborted, BadInput, TocsinError
from tocsin.model.run import RunMeta
from tocsin.model.verdict import RunResult, Verdict
from tocsin.tape.store import Tape
from tocsin.workspace import Workspace

TOCSIN = [sys.executable, "-c", "from tocsin.cli import main; main()"]


def tocsin(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run the command line as a program."""
    return subprocess.run([*TOCSIN, *words], cwd=cwd, capture_output=True, text=True, check=False, timeout=60)


def test_every_verb_is_listed_and_nothing_else() -> None:
    names = [command.name or getattr(command.callback, "__name__", "") for command in build(VERBS).registered_commands]
    assert sorted(names) == sorted(VERBS)


@pytest.mark.parametrize("kind", ["drills", "gamedays", "faults", "profiles", "stacks", "runs"])
def test_lists_are_json_where_a_script_wants_it(workspace: Workspace, kind: str) -> None:
    done = tocsin("list", kind, "--json", cwd=workspace.root)
    assert done.returncode == 0, done.stderr
    rows = json.loads(done.stdout)
    assert isinstance(rows, list)
    assert bool(rows) is (kind != "runs")


def test_what_is_shown_to_a_program_is_the_file_itself(workspace: Workspace) -> None:
    path = ROOT / "drills" / "redis" / "flush.yaml"
    assert tocsin("show", "redis/flush", cwd=workspace.root).stdout == path.read_text(encoding="utf-8")


def test_a_game_day_is_shown_and_checked_and_one_that_names_a_missing_drill_is_told(workspace: Workspace) -> None:
    path = ROOT / "drills" / "gamedays" / "first-friday.yaml"
    assert tocsin("show", "first-friday", cwd=workspace.root).stdout == path.read_text(encoding="utf-8")
    assert "first-friday is sound" in tocsin("check", "first-friday", cwd=workspace.root).stdout
    bad = workspace.root / "drills" / "gamedays" / "bad.yaml"
    bad.parent.mkdir(parents=True)
    bad.write_text("title: x\nobjective: y\ndrills:\n  - drill: redis/flsh\n", encoding="utf-8")
    for words in (["gameday", "bad"], ["check", str(bad)]):
        done = tocsin(*words, cwd=workspace.root)
        assert done.returncode == 2
        assert "bad.yaml:4: unknown drill 'redis/flsh'; did you mean 'redis/flush'" in done.stderr
    assert not workspace.gameday_records.exists()


@pytest.mark.parametrize("kind", ["gameday", "gameday-record", "script", "command"])
def test_schemas_of_what_people_use(workspace: Workspace, kind: str) -> None:
    found = json.loads(tocsin("schema", kind, cwd=workspace.root).stdout)
    assert "properties" in found or len(found["oneOf"]) == 17


def test_status_has_the_shape_of_the_design(workspace: Workspace) -> None:
    found = json.loads(tocsin("status", "--json", cwd=workspace.root).stdout)
    assert found["running"] is False
    assert (found["services"], found["injections"], found["residue"], found["blocked"]) == ([], [], [], None)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["run", "kafka/coupon-consumer-paus"], "did you mean 'kafka/coupon-consumer-pause'"),
        (["run", "redis/flush", "--scale", "0"], "--scale must be above 0"),
        (["run", "redis/flush", "--variant", "x"], "unknown variant 'x'"),
        (["run", "redis/flush", "--responder", "humna"], "did you mean 'human'"),
        (["run", "redis/flush", "--responder", "script"], "the responder is a script, and none is given"),
        (["run", "redis/flush", "--responder", "script:none.yaml"], "none.yaml: no such script"),
        (["gameday", "first-fridy"], "did you mean 'first-friday'"),
        (["gameday", "first-friday", "--resume"], "nothing to resume"),
        (["check", "drills/gamedays/nowhere.yaml"], "no such game day file"),
        (["list", "drils"], "did you mean 'drills'"),
        (["show", "redis.flsh"], "did you mean 'redis.flush'"),
        (["schema", "dril"], "did you mean 'drill'"),
        (["check", "nowhere.yaml"], "nowhere.yaml"),
        (["up", "shp"], "unknown stack 'shp'; did you mean 'shop'"),
        (["report", "20200101"], "unknown run '20200101'"),
        (["replay", "last"], "unknown run 'last'"),
        (["export", "20200101"], "unknown run '20200101'"),
        (["export", "last", "--format", "xml"], "'xml' is not one of"),
        (["compare", "20200101", "20200102"], "unknown run '20200101'"),
        (["inject", "redis.flsh", "--target", "redis"], "did you mean 'redis.flush'"),
        (["inject", "redis.flush", "--target", "mysql"], "mysql does not allow redis.flush"),
        (["inject", "redis.latency", "--target", "redis", "--with", "latency"], "written name=value"),
        (["inject", "redis.latency", "--target", "redis", "--with", "latncy=5"], "did you mean 'latency'"),
        (
            ["inject", "redis.latency", "--target", "redis", "--for", "2h"],
            "longer than the 600 s that the limits allow",
        ),
        (["inject", "redis.latency", "--target", "redis", "--for", "soon"], "--for soon"),
    ],
)
def test_bad_input_is_explained_with_exit_code_2_and_nothing_started(
    workspace: Workspace, words: list[str], message: str
) -> None:
    done = tocsin(*words, cwd=workspace.root)
    assert done.returncode == 2, done.stderr
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    assert not workspace.runs.exists()


def test_injecting_into_nothing_says_how_to_start_it(workspace: Workspace) -> None:
    done = tocsin("inject", "redis.flush", "--target", "redis", cwd=workspace.root)
    assert done.returncode == 4
    assert "tocsin up shop" in done.stderr


def test_a_profile_that_does_not_import_stops_a_run_before_it_starts(workspace: Workspace) -> None:
    folder = workspace.root / "loadprofiles"
    folder.mkdir()
    text = (ROOT / "loadprofiles" / "shop_mix.py").read_text(encoding="utf-8")
    (folder / "shop_mix.py").write_text(text + "\nimport no_such_module_at_all\n", encoding="utf-8")
    done = tocsin("run", "redis/flush", cwd=workspace.root)
    assert done.returncode == 2
    assert "shop_mix.py:" in done.stderr
    assert "no_such_module_at_all" in done.stderr
    assert not workspace.runs.exists()


def test_a_drill_whose_profile_does_not_import_is_not_sound(workspace: Workspace) -> None:
    folder = workspace.root / "loadprofiles"
    folder.mkdir()
    text = (ROOT / "loadprofiles" / "shop_mix.py").read_text(encoding="utf-8")
    (folder / "shop_mix.py").write_text(text + "\nimport no_such_module_at_all\n", encoding="utf-8")
    done = tocsin("check", "redis/flush", cwd=workspace.root)
    assert done.returncode == 2
    assert "shop_mix.py:" in done.stderr
    assert "no_such_module_at_all" in done.stderr


def test_a_missing_program_stops_a_run_before_it_starts(workspace: Workspace) -> None:
    environment = {"PATH": "/nonexistent", "HOME": "/tmp"}  # noqa: S108 - nothing is written there
    script = (
        "import tocsin.stack.programs as programs; programs._EXTRA_FOLDERS = ()\n"
        "import sys; sys.argv = ['tocsin', 'run', 'redis/flush']\n"
        "from tocsin.cli import main; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=workspace.root, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "is not installed; the stack cannot start without it" in done.stderr
    assert "tocsin doctor --install" in done.stderr
    assert not workspace.runs.exists()


def test_a_broken_tape_is_named(workspace: Workspace) -> None:
    tape = workspace.runs / "20261124-000000-x" / "tape.db"
    tape.parent.mkdir(parents=True)
    tape.write_bytes(b"no tape" * 1000)
    for verb in ("report", "replay"):
        done = tocsin(verb, "20261124", cwd=workspace.root)
        assert done.returncode == 2
        assert "broken or is no tape" in done.stderr


def test_a_broken_tape_is_one_row_of_the_list(workspace: Workspace, meta: RunMeta) -> None:
    broken, whole = workspace.runs / "20261124-000000-x", workspace.runs / "20261125-000000-y"
    Tape.create(whole / "tape.db", meta).close()
    first = json.loads(tocsin("list", "runs", "--json", cwd=workspace.root).stdout)
    assert (first[0]["drill"], first[0]["problem"]) == ("kafka/coupon-consumer-pause", None)
    assert "problem" not in tocsin("list", "runs", cwd=workspace.root).stdout
    broken.mkdir()
    (broken / "tape.db").write_bytes(b"no tape" * 1000)
    done = tocsin("list", "runs", "--json", cwd=workspace.root)
    assert done.returncode == 0, done.stderr
    rows = json.loads(done.stdout)
    assert [row["run"] for row in rows] == [broken.name, whole.name]
    assert "broken or is no tape" in rows[0]["problem"]
    assert rows[1] == first[0]
    shown = tocsin("list", "runs", cwd=workspace.root).stdout
    assert "broken or is no tape" in shown
    assert "kafka/coupon-consumer-pause" in shown


def test_a_run_without_a_document_says_how_to_write_it(workspace: Workspace, meta: RunMeta) -> None:
    Tape.create(workspace.runs / "20261125-000000-y" / "tape.db", meta).close()
    done = tocsin("show", "20261125-000000-y", cwd=workspace.root)
    assert done.returncode == 2
    assert "has no document" in done.stderr
    assert "tocsin report 20261125-000000-y" in done.stderr
    assert "Traceback" not in done.stderr


def test_what_is_no_text_is_not_shown(workspace: Workspace) -> None:
    (workspace.root / "bytes").write_bytes(b"\xff\xfe\x00")
    done = tocsin("show", "bytes", cwd=workspace.root)
    assert done.returncode == 2
    assert "cannot be shown" in done.stderr


def test_stop_blocks_and_resume_allows(workspace: Workspace) -> None:
    assert tocsin("stop", "--reason", "audit", cwd=workspace.root).returncode == 0
    refused = tocsin("run", "redis/flush", cwd=workspace.root)
    assert refused.returncode == 2
    assert "audit" in refused.stderr
    assert "tocsin resume" in refused.stderr
    assert tocsin("resume", cwd=workspace.root).returncode == 0


def test_init_makes_a_workspace_whose_drill_is_sound(tmp_path: Path) -> None:
    done = tocsin("init", "mine", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "tocsin run first-drill" in done.stdout
    assert (tmp_path / "mine" / "tocsin.toml").is_file()
    checked = tocsin("check", "first-drill", cwd=tmp_path / "mine")
    assert checked.returncode == 0, checked.stderr
    again = tocsin("init", "mine", cwd=tmp_path)
    assert again.returncode == 2
    assert "is a workspace already" in again.stderr


def test_init_never_replaces_a_file(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text("mine\n", encoding="utf-8")
    assert tocsin("init", ".", cwd=tmp_path).returncode == 0
    assert (tmp_path / ".gitignore").read_text(encoding="utf-8") == "mine\n"


def test_recover_with_nothing_to_do_is_harmless(workspace: Workspace) -> None:
    done = tocsin("recover", cwd=workspace.root)
    assert (done.returncode, done.stdout) == (0, "Nothing to recover: every ledger is closed.\n")


def test_a_reader_that_went_away_is_no_error(workspace: Workspace) -> None:
    command = f"{sys.executable} -c 'from tocsin.cli import main; main()' schema drill | head -1"
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command], cwd=workspace.root, capture_output=True, check=False
    )
    assert b"Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("verdict", "failure", "code"),
    [
        ("aborted", BadInput("a load worker did not join"), 2),
        ("aborted", Aborted("Ctrl-C"), 3),
        ("unclean", BadInput("a load worker did not join"), 5),
        ("held", None, 0),
    ],
)
def test_a_run_that_could_not_begin_ends_like_bad_input_once_all_is_undone(
    verdict: Verdict, failure: TocsinError | None, code: int
) -> None:
    assert exit_code(Ran(RunResult.model_construct(verdict=verdict), failure)) == code
