"""A run as JUnit XML, for CI: the verdict, every expectation and every invariant as a test case.

Criteria are targets at full size and no tests: they stand among the properties, met or not.
"""

from pathlib import Path
from xml.etree import ElementTree as ET

from tocsin.model.run import RunMeta
from tocsin.retro.export.suites import case, counted, new_suite, suite_name, told, write_suites
from tocsin.tape.fold import fold
from tocsin.tape.state import RunState
from tocsin.tape.store import TapeReader


def write_junit(reader: TapeReader, path: Path) -> Path:
    """Write ``path`` in one step and return it.

    Raises:
        BadInput: when the tape is broken.
        OSError: when it cannot be written.
    """
    suite = _suite(reader.meta, fold(reader.meta, reader.events()), reader.last_t)
    return write_suites([suite], path)


def _suite(meta: RunMeta, state: RunState, seconds: float) -> ET.Element:
    suite = new_suite(suite_name(meta.drill_name), seconds, _properties(meta, state))
    _verdict(suite, meta, state)
    for one in state.expectations:
        test = case(suite, suite_name(meta.drill_name), f"expectation {one.name}")
        if not one.met:
            told(test, "failure", f"wanted {one.want}, got {'nothing' if one.got is None else one.got}")
    for rule in state.invariants:
        test = case(suite, suite_name(meta.drill_name), f"invariant {rule.name}")
        if not rule.met:
            told(test, "failure", rule.detail)
    return counted(suite)


def _verdict(suite: ET.Element, meta: RunMeta, state: RunState) -> None:
    test = case(suite, suite_name(meta.drill_name), "verdict")
    reasons = "; ".join(state.reasons) or "the run reached no verdict"
    if state.verdict == "missed":
        told(test, "failure", f"missed: {reasons}")
    elif state.verdict != "held":
        told(test, "error", f"{state.verdict or 'none'}: {reasons}")


def _properties(meta: RunMeta, state: RunState) -> dict[str, str]:
    found = {"run": meta.run, "seed": str(meta.seed), "stack": meta.backend, "verdict": state.verdict or "none"}
    found |= {name: f"{value:.3f}" for name, value in state.stamps.model_dump().items() if value is not None}
    words = {True: "met", False: "not met", None: "not measured"}
    for one in state.criteria:
        got = "" if one.measured is None else f", measured {one.measured:g} {one.unit}".rstrip()
        found[f"criterion {one.name}"] = f"{words[one.met]} at scale {one.scale:g}: target {one.target}{got}"
    return found
