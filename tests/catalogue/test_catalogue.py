"""The catalogue as data: everything in it is sound, and its parts fit each other."""

import ast
import re
from importlib.metadata import entry_points
from pathlib import Path

import pytest
from tests.conftest import ROOT

from tocsin.director.plan import Choices, make_plan, read_playbooks
from tocsin.director.stackfiles import read_stack_files
from tocsin.gameday import Chosen, read_gameday
from tocsin.inject.registry import fault_names, load_fault
from tocsin.load.profile import hides_a_module, read_profile
from tocsin.stack.composefile import read_compose_file
from tocsin.workspace import Workspace
from tocsin.yamlfile import read_yaml

HERE = Workspace(ROOT, (ROOT,))
WITHOUT_PLAYBOOK = {
    "edge.latency", "edge.bandwidth", "edge.reset", "edge.timeout", "edge.down",
    "service.pause", "service.kill", "service.cpu_throttle", "service.memory_limit", "redis.client_pause",
    "kafka.consumer_slow", "mysql.connection_exhaustion",
}  # fmt: skip
"""Causes that no diagnosis names: those of the general faults (unless a special one fits, see their `plan`), and those
that Prometheus does not tell from others."""
DRILLS = sorted(HERE.drills())
STACKS = sorted(HERE.stacks())
GAMEDAYS = sorted(HERE.gamedays())


@pytest.mark.parametrize("name", DRILLS)
def test_every_drill_makes_a_plan(name: str) -> None:
    plan = make_plan(HERE, name, Choices())
    assert plan.drill.title
    only_reads = all(re.fullmatch("product|ranking.*", request) for request in plan.profile.requests)
    assert plan.drill.invariants or only_reads, "a drill checks what it did to the data"


@pytest.mark.parametrize("name", GAMEDAYS)
def test_every_game_day_can_be_run_by_its_scripts(name: str) -> None:
    plan = read_gameday(HERE, name, Chosen(responder="script"))
    assert plan.gameday.briefing
    assert plan.gameday.debrief
    assert plan.gameday.hypotheses
    assert plan.gameday.pre_checks
    scripts = [HERE.script(str(entry.plan.script), beside=plan.path) for entry in plan.entries]
    assert sorted(scripts) == sorted((plan.path.parent / name).glob("*.yaml")), "a script that no drill uses"


def test_the_first_game_day_has_the_first_four_drills_and_one_without_a_fault() -> None:
    drills = {entry.drill for entry in read_gameday(HERE, "first-friday", Chosen()).entries}
    assert drills == {
        "kafka/coupon-consumer-pause", "redis/latency", "redis/flush", "mysql/cpu-throttle", "no-fault",
    }  # fmt: skip


@pytest.mark.parametrize("name", DRILLS)
def test_every_drill_expects_something(name: str) -> None:
    drill = make_plan(HERE, name, Choices()).drill
    if drill.faults:
        assert drill.expect.detected_within or drill.criteria
        cause = load_fault(drill.faults[0].fault).spec.cause
        if cause in {playbook.cause for playbook in read_playbooks(HERE)} and drill.respond.mode != "none":
            assert drill.expect.classified_as == cause
    else:
        assert drill.expect.no_breach or drill.criteria


def test_there_is_a_drill_for_every_fault_and_one_without_any() -> None:
    plans = [make_plan(HERE, name, Choices()).drill for name in DRILLS]
    used = {fault.fault for drill in plans for fault in drill.faults}
    assert used == set(fault_names())
    assert any(not drill.faults for drill in plans)


def test_every_playbook_has_a_fault_and_every_cause_a_playbook_but_those_known_to_have_none() -> None:
    causes = {load_fault(name).spec.cause for name in fault_names()}
    assert causes - {playbook.cause for playbook in read_playbooks(HERE)} == WITHOUT_PLAYBOOK


@pytest.mark.parametrize("stack", STACKS)
def test_playbooks_speak_of_families_that_the_signals_have(stack: str) -> None:
    families = {signal.family for signal in read_stack_files(HERE, stack).signals.values() if signal.family}
    for playbook in read_playbooks(HERE):
        shows = playbook.shows
        named = {*shows.target, *shows.edge, *shows.caller, *shows.elsewhere}
        assert named <= families | {"errors"}, playbook.cause
        for table in (shows.target, shows.edge, shows.caller, shows.elsewhere):
            assert all(0.0 < share < 1.0 for share in table.values()), playbook.cause


def test_playbooks_are_complete_for_people_too() -> None:
    for playbook in read_playbooks(HERE):
        assert playbook.summary, playbook.cause
        assert playbook.confirm, playbook.cause
        assert playbook.discriminate, playbook.cause
        assert playbook.prevent, playbook.cause
        assert playbook.remedies, playbook.cause


@pytest.mark.parametrize("stack", STACKS)
def test_a_fault_is_allowed_only_where_its_component_is(stack: str) -> None:
    compose = read_compose_file(HERE.compose_file(stack))
    for service in compose.topology.services.values():
        for name in service.allow:
            assert load_fault(name).spec.component in (service.component, "any")


@pytest.mark.parametrize("stack", STACKS)
def test_edges_join_services_and_every_way_to_redis_and_mysql_is_proxied(stack: str) -> None:
    topology = read_compose_file(HERE.compose_file(stack)).topology
    for edge in topology.edges.values():
        assert {edge.caller, edge.callee} <= set(topology.services)
        if topology.services[edge.callee].component in ("redis", "mysql"):
            assert edge.proxied, edge.name


@pytest.mark.parametrize("stack", STACKS)
def test_every_edge_has_a_timer_as_its_caller_sees_it(stack: str) -> None:
    topology = read_compose_file(HERE.compose_file(stack)).topology
    content = read_yaml(HERE.compose_file(stack).parent / "signals.yaml")["signals"]
    timed = {signal["entity"] for signal in content.values() if signal.get("family") == "edge_latency"}
    assert {edge.entity for edge in topology.edges.values()} <= timed


@pytest.mark.parametrize("stack", STACKS)
def test_no_port_is_published_beyond_this_machine_and_no_secret_stands_in_the_file(stack: str) -> None:
    text = HERE.compose_file(stack).read_text(encoding="utf-8")
    for line in text.splitlines():
        if re.search(r'^\s*-\s*"?\d[\d.:]*:\d+', line):
            assert "127.0.0.1:" in line, line
    for match in re.finditer(r'(?i)password"?\s*:\s+(\S+)', text):
        assert match.group(1).strip('"').startswith(("$", "{", "yes")), match.group(0)


@pytest.mark.parametrize("stack", STACKS)
def test_every_key_of_prepared_data_names_files_and_all_that_it_is_made_by(stack: str) -> None:
    path = HERE.compose_file(stack)
    for name, service in read_compose_file(path).local_services.items():
        prepare = service.extension.local.prepare if service.extension and service.extension.local else None
        if prepare is None:
            continue
        keyed = {file for pattern in prepare.key for file in path.parent.glob(pattern)}
        for pattern in prepare.key:
            assert list(path.parent.glob(pattern)), f"{name}: {pattern} matches nothing"
        used = [word.removeprefix("shop.") for word in prepare.command if word.startswith("shop.")]
        assert used
        while used:
            module = path.parent / "app" / "shop" / f"{used.pop()}.py"
            if module.exists():
                assert module in keyed, f"{name}: {module.name} makes the data and is in no key"
                used += _imported(module)


def _imported(module: Path) -> list[str]:
    """Modules of the shop that one of them imports."""
    found: list[str] = []
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module == "shop":
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("shop."):
            found.append(node.module.removeprefix("shop."))
    return found


def test_the_flags_that_the_stack_declares_are_those_of_its_application() -> None:
    flags = read_compose_file(HERE.compose_file("shop")).extension.flags
    assert flags is not None
    tree = ast.parse((HERE.compose_file("shop").parent / "app" / "shop" / "flags.py").read_text(encoding="utf-8"))
    kind = next(node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == "Flags")
    names = [
        node.target.id for node in kind.body if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
    ]
    assert sorted(flags.names) == sorted(names)


@pytest.mark.parametrize("name", sorted(HERE.profiles()))
def test_load_profiles_say_what_they_are_and_hide_no_module(name: str) -> None:
    path = HERE.profile(name)
    profile = read_profile(path)
    assert profile.description
    assert not hides_a_module(Path(path).stem)


def test_every_fault_file_is_registered_and_small() -> None:
    files = [path for path in (ROOT / "faults" / "tocsin_faults").rglob("*.py") if path.name != "__init__.py"]
    registered = {point.value.partition(":")[0] for point in entry_points(group="tocsin.faults")}
    for path in (path for path in files if "FaultSpec(" in path.read_text(encoding="utf-8")):
        module = ".".join(path.relative_to(ROOT / "faults").with_suffix("").parts)
        assert module in registered
        assert len(path.read_text(encoding="utf-8").splitlines()) <= 120
