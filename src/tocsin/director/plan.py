"""From a drill file to a plan: everything that can be known to be wrong is said before anything is started."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from tocsin.director.checker import Checker
from tocsin.director.loading import check_load
from tocsin.director.longer import given_time
from tocsin.director.objectives import concerning
from tocsin.director.references import check_backend, check_references
from tocsin.director.stackfiles import StackFiles, read_stack_files
from tocsin.inject.registry import fault_names, load_fault
from tocsin.load.profile import ProfileInfo, read_profile
from tocsin.model.base import Strict
from tocsin.model.changes import Changes
from tocsin.model.drill import Drill, ResponderMode, Settings, Variant
from tocsin.model.hypothesis import Playbook
from tocsin.model.limits import Limits
from tocsin.model.script import Script
from tocsin.respond.playbooks import check_playbook
from tocsin.respond.script import Words, read_script
from tocsin.stack.places import LOCAL
from tocsin.workspace import Workspace
from tocsin.yamlfile import load_model, read_yaml

M = TypeVar("M", bound=Strict)


@dataclass(frozen=True)
class Plan:
    """A drill with everything it refers to."""

    workspace: Workspace
    path: Path
    name: str
    drill: Drill
    files: StackFiles
    playbooks: list[Playbook]
    profile_path: Path
    profile: ProfileInfo
    seed: int
    responder: ResponderMode
    variant_name: str | None = None
    confirmed: bool = False
    backend: str = LOCAL
    script: Script | None = None

    @property
    def people_respond(self) -> bool:
        """True where people respond, or a script does in their place."""
        return self.responder in ("human", "script")

    @property
    def limits(self) -> Limits:
        """The stricter of the drill's and the stack's limits."""
        return self.drill.limits.within(self.files.compose.extension.limits)

    @property
    def ramp_seconds(self) -> float:
        """Seconds from the start of the load to its full rate, as this drill compresses them."""
        return self.profile.ramp(self.drill.load.compress, self.drill.load.phases)

    @property
    def variant(self) -> Variant:
        """The chosen variant, or one that changes nothing."""
        return self.drill.variants[self.variant_name] if self.variant_name else Variant()

    @property
    def changes(self) -> Changes:
        """What the drill and the chosen variant want started otherwise than the compose file has it."""
        variant = self.variant
        settings = _environments(self.drill.settings, variant.settings)
        return Changes(scale=variant.stack_scale, cpus=variant.stack_cpus, settings=settings)


@dataclass(frozen=True)
class Choices:
    """What the command line may change about a drill."""

    seed: int = 7
    scale: float | None = None
    responder: ResponderMode | None = None
    script: str | None = None
    variant: str | None = None
    blind: bool = False
    confirmed: bool = False
    backend: str | None = None
    longer: float | None = None


def read_playbooks(workspace: Workspace) -> list[Playbook]:
    """All playbooks of the workspace.

    Raises:
        BadInput: for a mistake in any of them.
    """
    found = []
    for path in workspace.playbooks().values():
        playbook = load_model(path, Playbook)
        check_playbook(playbook, path)
        found.append(playbook)
    return found


def make_plan(workspace: Workspace, text: str, choices: Choices) -> Plan:
    """The plan for a drill named by path or name.

    Raises:
        BadInput: naming file, line and key of what is wrong, with the nearest valid word.
    """
    path = workspace.drill(text)
    content = read_yaml(path)
    drill = load_model(path, Drill, content=content)
    check = Checker(path, content)
    check.known("stack", ("stack",), drill.stack, list(workspace.stacks()))
    check.known("load profile", ("load", "profile"), drill.load.profile, list(workspace.profiles()))
    files = read_stack_files(workspace, drill.stack)
    playbooks = read_playbooks(workspace)
    check_references(check, drill, files, [playbook.cause for playbook in playbooks])
    check_backend(check, drill, files.compose, choices.backend or drill.backend)
    responder = choices.responder or drill.respond.mode
    if responder == "script" and choices.script is None:
        check.add(("respond", "mode"), "the responder is a script, and none is given; say --responder script:FILE")
    if choices.variant is not None:
        check.known("variant", ("variants",), choices.variant, list(drill.variants))
    drill = _with_choices(drill, choices)
    profile_path = workspace.profile(drill.load.profile)
    profile = read_profile(profile_path)
    limits = drill.limits.within(files.compose.extension.limits)
    drill = check_load(check, given_time(drill, responder, profile, limits, choices.longer), profile)
    if drill.faults and drill.steady.duration == 0:
        check.add(
            ("steady", "for"), "a drill that breaks something needs steady time, to know the system was healthy before"
        )
    files = replace(files, slos=concerning(files.slos, files.signals, profile.requests))
    check.done()
    script = None
    if responder == "script" and choices.script is not None:
        script = read_script(workspace.script(choices.script), script_words(files, playbooks))
    return Plan(
        workspace=workspace,
        path=path,
        name=workspace.drill_name(path),
        drill=drill,
        files=files,
        playbooks=playbooks,
        profile_path=profile_path,
        profile=profile,
        seed=choices.seed,
        responder=responder,
        variant_name=choices.variant,
        confirmed=choices.confirmed,
        backend=choices.backend or drill.backend,
        script=script,
    )


def causes_of(playbooks: Sequence[Playbook]) -> list[str]:
    """Every cause that there is a word for: those of the playbooks, and what a fault says a diagnosis should name."""
    return sorted({playbook.cause for playbook in playbooks} | {load_fault(name).spec.cause for name in fault_names()})


def script_words(files: StackFiles, playbooks: list[Playbook]) -> Words:
    """What a script for a stack may name."""
    topology = files.compose.topology
    return Words(causes_of(playbooks), playbooks, [*topology.services, *topology.edges])


def _environments(*layers: Settings) -> dict[str, dict[str, str]]:
    """Settings as a service's environment has them, text; a later layer wins."""
    merged: dict[str, dict[str, str]] = {}
    for service, own in (pair for layer in layers for pair in layer.items()):
        merged.setdefault(service, {}).update({name: str(value) for name, value in own.items()})
    return merged


def _with_choices(drill: Drill, choices: Choices) -> Drill:
    update: dict[str, Any] = {}
    if choices.scale is not None:
        update["load"] = drill.load.model_copy(update={"scale": choices.scale})
    if choices.blind:
        update["blind"] = True
    return drill.model_copy(update=update)
