"""From a drill file to a plan: everything that can be known to be wrong is said before anything is started."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from pydantic import Field

from tocsin.director.checker import Checker
from tocsin.director.loading import check_load
from tocsin.director.longer import given_time
from tocsin.director.objectives import concerning
from tocsin.errors import BadInput
from tocsin.inject.plan import check_fault
from tocsin.inject.registry import fault_names, load_fault
from tocsin.inject.safety import fights, too_long, too_many
from tocsin.load.profile import ProfileInfo, read_profile
from tocsin.model.base import Strict
from tocsin.model.changes import Changes
from tocsin.model.criterion import Criterion
from tocsin.model.drill import Drill, Prediction, ResponderMode, Settings, Variant
from tocsin.model.hypothesis import Playbook
from tocsin.model.limits import Limits
from tocsin.model.script import Script
from tocsin.model.signal import Signal
from tocsin.model.slo import BadOfTotal, Deadline, Goodput, Sli, SloFile, Stalled, TargetAbsent
from tocsin.observe.invariants import InvariantFile
from tocsin.observe.looks.file import LookFile
from tocsin.respond.playbooks import check_playbook, remedy_names
from tocsin.respond.script import Words, read_script
from tocsin.stack.backends import check_can_take
from tocsin.stack.composefile import ComposeFile, read_compose_file
from tocsin.stack.places import LOCAL
from tocsin.suggest import nearest
from tocsin.workspace import Workspace
from tocsin.yamlfile import load_model, read_yaml

M = TypeVar("M", bound=Strict)


class SignalFile(Strict):
    """``compose/<stack>/signals.yaml``."""

    signals: dict[str, Signal] = Field(default_factory=dict)


class CriterionFile(Strict):
    """``compose/<stack>/criteria.yaml``."""

    criteria: dict[str, Criterion] = Field(default_factory=dict)


@dataclass(frozen=True)
class StackFiles:
    """What a stack's folder holds for a drill."""

    compose_path: Path
    compose: ComposeFile
    slos: SloFile
    signals: dict[str, Signal]
    invariants: InvariantFile
    criteria: dict[str, Criterion]
    looks: LookFile


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


def read_stack_files(workspace: Workspace, stack: str) -> StackFiles:
    """Read a stack's folder.

    Raises:
        BadInput: for any mistake in any of its files.
    """
    compose_path = workspace.compose_file(stack)
    folder = compose_path.parent
    slos = load_model(folder / "slos.yaml", SloFile)
    signals = load_model(folder / "signals.yaml", SignalFile).signals
    _check_slos(folder / "slos.yaml", slos, signals)
    invariants = load_model(folder / "invariants.yaml", InvariantFile)
    criteria = _if_there(folder / "criteria.yaml", CriterionFile).criteria
    _check_criteria(folder / "criteria.yaml", criteria, signals)
    looks = _if_there(folder / "looks.yaml", LookFile)
    return StackFiles(compose_path, read_compose_file(compose_path), slos, signals, invariants, criteria, looks)


def _if_there(path: Path, model: type[M]) -> M:
    """A file that a stack may do without."""
    return load_model(path, model) if path.exists() else model()


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
    _check_references(check, drill, files, [playbook.cause for playbook in playbooks])
    _check_backend(check, drill, files.compose, choices.backend or drill.backend)
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


def _check_references(check: Checker, drill: Drill, files: StackFiles, causes: list[str]) -> None:
    _check_faults(check, drill, files)
    slos = list(files.slos.slos)
    if drill.abort_if is not None and drill.abort_if.slo is not None and drill.abort_if.slo not in slos:
        check.add(("abort_if", "slo"), f"unknown SLO {drill.abort_if.slo!r}; {nearest(drill.abort_if.slo, slos)}")
    _check_words(check, "invariant", ("invariants",), drill.invariants, list(files.invariants.invariants))
    _check_words(check, "remedy", ("respond", "forbid"), drill.respond.forbid, remedy_names())
    _check_words(check, "criterion", ("criteria",), drill.criteria, list(files.criteria))
    _check_words(check, "query", ("analyse",), drill.analyse, list(files.looks.queries))
    cause = drill.expect.classified_as
    if cause is not None and cause not in causes:
        check.add(("expect", "classified_as"), f"unknown cause {cause!r}; {nearest(cause, causes)}")
    _check_settings(check, ("settings",), drill.settings, files.compose)
    for name, variant in drill.variants.items():
        _check_variant(check, ("variants", name), variant, drill.analyse, files)
    _check_words(check, "variant", ("compare",), drill.compare, list(drill.variants))


def _check_variant(
    check: Checker, key: tuple[str, ...], variant: Variant, analysed: list[str], files: StackFiles
) -> None:
    services, flags = list(files.compose.topology.services), files.compose.extension.flags
    _check_keys(check, "service", (*key, "stack.scale"), list(variant.stack_scale), services)
    _check_keys(check, "flag", (*key, "flags"), list(variant.flags), flags.names if flags else [])
    _check_keys(check, "service", (*key, "stack.cpus"), list(variant.stack_cpus), services)
    _check_settings(check, (*key, "settings"), variant.settings, files.compose)
    for index, prediction in enumerate(variant.predict):
        _check_prediction(check, (*key, "predict", index), prediction, list(variant.stack_cpus), analysed)


def _check_prediction(
    check: Checker, key: tuple[str | int, ...], prediction: Prediction, limited: list[str], analysed: list[str]
) -> None:
    """What it is predicted from must be what the variant changes, or what the drill has analysed."""
    service = prediction.utilisation_of
    if service is not None and service not in limited:
        hint = nearest(service, limited)
        check.add((*key, "utilisation_of"), f"this variant does not change the CPU limit of {service!r}; {hint}")
    for index, query in enumerate(prediction.queries or ()):
        if query not in analysed:
            hint = nearest(query, analysed)
            check.add((*key, "queries", index), f"the drill does not analyse the query {query!r}; {hint}")


def _environments(*layers: Settings) -> dict[str, dict[str, str]]:
    """Settings as a service's environment has them, text; a later layer wins."""
    merged: dict[str, dict[str, str]] = {}
    for service, own in (pair for layer in layers for pair in layer.items()):
        merged.setdefault(service, {}).update({name: str(value) for name, value in own.items()})
    return merged


def _check_settings(check: Checker, key: tuple[str, ...], settings: Settings, compose: ComposeFile) -> None:
    """A setting must be one that the service's environment has, or that its data are prepared with."""
    services = compose.local_services
    _check_keys(check, "service", key, list(settings), list(services))
    for service, wanted in settings.items():
        extension = services[service].extension if service in services else None
        if extension is not None and extension.local is not None:
            _check_keys(check, "setting", (*key, service), list(wanted), extension.local.settings)


def _check_faults(check: Checker, drill: Drill, files: StackFiles) -> None:
    """Each fault by itself, then what they do together."""
    topology = files.compose.topology
    limits = drill.limits.within(files.compose.extension.limits)
    for index, fault in enumerate(drill.faults):
        check.attempt(("faults", index, "fault"), lambda fault=fault: check_fault(fault, topology))  # type: ignore[misc]
        check.wrong(("faults", index, "for"), too_long(fault, limits))
    check.wrong(("faults",), too_many(drill.faults, limits))
    if not check.found_any:  # what is not known cannot be compared
        for index, message in fights(drill.faults, topology):
            check.wrong(("faults", index, "fault"), message)


def _check_backend(check: Checker, drill: Drill, compose: ComposeFile, backend: str) -> None:
    """Each fault must be one that its target can take as that backend runs it."""
    for index, fault in enumerate(drill.faults):
        take = partial(check_can_take, backend, compose, fault.target, fault.fault)
        check.attempt(("faults", index, "fault"), take)


def _check_words(check: Checker, kind: str, key: tuple[str, ...], words: list[str], valid: list[str]) -> None:
    for index, word in enumerate(words):
        if word not in valid:
            check.add((*key, index), f"unknown {kind} {word!r}; {nearest(word, valid)}")


def _check_keys(check: Checker, kind: str, key: tuple[str, ...], words: list[str], valid: list[str]) -> None:
    for word in words:
        if word not in valid:
            check.add((*key, word), f"unknown {kind} {word!r}; {nearest(word, valid)}")


def _with_choices(drill: Drill, choices: Choices) -> Drill:
    update: dict[str, Any] = {}
    if choices.scale is not None:
        update["load"] = drill.load.model_copy(update={"scale": choices.scale})
    if choices.blind:
        update["blind"] = True
    return drill.model_copy(update=update)


def _check_slos(path: Path, file: SloFile, signals: dict[str, Signal]) -> None:
    wanted: list[tuple[str, str]] = []
    for name, slo in file.slos.items():
        wanted += [(name, signal) for signal in _sli_signals(slo.sli)]
    for name, silence in file.silences.items():
        wanted += [(name, signal) for signal in _silence_signals(silence)]
    mistakes = [
        f"{path}: {name}: unknown signal {signal!r}; {nearest(signal, list(signals))}"
        for name, signal in wanted
        if signal not in signals
    ]
    if mistakes:
        raise BadInput("\n".join(mistakes))


def _check_criteria(path: Path, criteria: dict[str, Criterion], signals: dict[str, Signal]) -> None:
    mistakes = [
        f"{path}: {name}: unknown signal {one.signal!r}; {nearest(one.signal, list(signals))}"
        for name, one in criteria.items()
        if one.signal is not None and one.signal not in signals
    ]
    if mistakes:
        raise BadInput("\n".join(mistakes))


def _sli_signals(sli: Sli) -> list[str]:
    if isinstance(sli, BadOfTotal):
        return [sli.bad, sli.total]
    if isinstance(sli, Deadline):
        return [sli.accepted, sli.on_time]
    return [sli.good, sli.total]


def _silence_signals(silence: TargetAbsent | Goodput | Stalled) -> list[str]:
    if isinstance(silence, TargetAbsent):
        return [silence.signal]
    if isinstance(silence, Goodput):
        return [silence.good, silence.scheduled]
    return [silence.progress, silence.lag]
