"""What a drill refers to must be there: faults, services, flags, settings, queries; each mistake with its line."""

from functools import partial

from tocsin.director.checker import Checker
from tocsin.director.stackfiles import StackFiles
from tocsin.inject.plan import check_fault
from tocsin.inject.safety import fights, too_long, too_many
from tocsin.model.drill import Drill, Prediction, Settings, Variant
from tocsin.respond.playbooks import remedy_names
from tocsin.stack.backends import check_can_take
from tocsin.stack.composefile import ComposeFile
from tocsin.suggest import nearest


def check_references(check: Checker, drill: Drill, files: StackFiles, causes: list[str]) -> None:
    """Note everything that the drill names and the stack, the faults or the playbooks do not have."""
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


def check_backend(check: Checker, drill: Drill, compose: ComposeFile, backend: str) -> None:
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
