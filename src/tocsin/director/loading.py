"""What a drill says of its load beside what the load profile says of itself."""

import os

from tocsin.director.checker import Checker
from tocsin.load.addresses import ADDRESS, TOKEN
from tocsin.load.phases import Phase
from tocsin.load.profile import ProfileInfo
from tocsin.model.drill import Drill, LoadPlan

AFTERWARDS = 35.0
"""Seconds of load that must remain after the last fault, to see the recovery."""


def check_load(check: Checker, drill: Drill, profile: ProfileInfo) -> Drill:
    """Note what is wrong with the load; the drill with its length, where that follows from the profile's phases."""
    load = drill.load
    _check_workers(check, load)
    for index, name in enumerate(load.phases):
        check.attempt(("load", "phases", index), lambda name=name: _known(profile, name))  # type: ignore[misc]
    if check.found_any:
        return drill
    phases = profile.picked(load.phases)
    for phase in phases:
        check.wrong(("load", "scale"), _nobody_left(phase, profile, load))
    if phases:
        drill = _check_phases(check, drill, profile)
    _check_length(check, drill, profile)
    return drill


def _known(profile: ProfileInfo, name: str) -> None:
    profile.picked([name])


def _nobody_left(phase: Phase, profile: ProfileInfo, load: LoadPlan) -> str:
    """Why a phase would be played with nobody in it; empty when it is not."""
    most = max(phase.first, phase.last)
    if most == 0:
        return ""
    if profile.model == "closed":
        if round(most * load.scale) >= 1:
            return ""
        return f"scale {load.scale:g} leaves no user in the phase {phase.name!r}, which has {most:g} at scale 1"
    arrivals = phase.seconds / load.compress * (phase.first + phase.last) / 2
    if arrivals * load.scale >= 1:
        return ""
    return f"scale {load.scale:g} leaves no request in the phase {phase.name!r}, which has {arrivals:g} at scale 1"


def _check_phases(check: Checker, drill: Drill, profile: ProfileInfo) -> Drill:
    """The load lasts as long as the phases that are played, unless the drill says less."""
    load = drill.load
    whole = sum(phase.seconds for phase in profile.picked(load.phases)) / load.compress
    if "duration" not in load.model_fields_set:
        return drill.model_copy(update={"load": load.model_copy(update={"duration": whole})})
    if load.duration > whole:
        check.add(
            ("load", "for"),
            f"load.for is {load.duration:g} s, but the phases of {profile.name} are over after {whole:g} s "
            f"(compress {load.compress:g})",
        )
    return drill


def _check_length(check: Checker, drill: Drill, profile: ProfileInfo) -> None:
    """The load must last as long as the drill needs it."""
    load = drill.load
    last = max((fault.at + fault.duration for fault in drill.faults), default=0.0)
    ramp = profile.ramp(load.compress, load.phases)
    needed = ramp + drill.steady.duration + last + (AFTERWARDS if drill.faults else 0.0)
    if load.duration < needed:
        check.add(
            ("load", "for"),
            f"load.for is {load.duration:g} s, but ramp, steady, faults and recovery need {needed:g} s",
        )


def _check_workers(check: Checker, load: LoadPlan) -> None:
    """Workers from other machines need an address to come to and a token to show."""
    missing = [name for name in (ADDRESS, TOKEN) if not os.environ.get(name)] if load.remote else []
    if missing:
        check.add(("load", "remote"), f"workers from other machines need {' and '.join(missing)} in the environment")
