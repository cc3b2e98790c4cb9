"""A run as JUnit XML, for CI: the verdict, every expectation and every invariant as a test case.

Criteria are targets at full size and no tests: they stand among the properties, met or not.
"""

from pathlib import Path
from xml.etree import ElementTree as ET

from tocsin.model.run import RunMeta
from tocsin.retro.written import replace_file
from tocsin.tape.fold import RunState, fold
from tocsin.tape.store import TapeReader


def write_junit(reader: TapeReader, path: Path) -> Path:
    """Write ``path`` in one step and return it.

    Raises:
        BadInput: when the tape is broken.
        OSError: when it cannot be written.
    """
    suite = _suite(reader.meta, fold(reader.meta, reader.events()), reader.last_t)
    root = ET.Element("testsuites")
    root.append(suite)
    ET.indent(root)
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_file(path, f'<?xml version="1.0" encoding="utf-8"?>\n{ET.tostring(root, encoding="unicode")}\n')
    return path


def _suite(meta: RunMeta, state: RunState, seconds: float) -> ET.Element:
    suite = ET.Element("testsuite", name=_text(f"tocsin.{meta.drill_name}"), time=f"{seconds:.3f}")
    properties = ET.SubElement(suite, "properties")
    for name, value in _properties(meta, state).items():
        ET.SubElement(properties, "property", name=_text(name), value=_text(value))
    _verdict(suite, meta, state)
    for one in state.expectations:
        case = _case(suite, meta, f"expectation {one.name}")
        if not one.met:
            _told(case, "failure", f"wanted {one.want}, got {'nothing' if one.got is None else one.got}")
    for rule in state.invariants:
        case = _case(suite, meta, f"invariant {rule.name}")
        if not rule.met:
            _told(case, "failure", rule.detail)
    for kind in ("failure", "error"):
        suite.set(f"{kind}s", str(len(suite.findall(f"testcase/{kind}"))))
    suite.set("tests", str(len(suite.findall("testcase"))))
    return suite


def _verdict(suite: ET.Element, meta: RunMeta, state: RunState) -> None:
    case = _case(suite, meta, "verdict")
    reasons = "; ".join(state.reasons) or "the run reached no verdict"
    if state.verdict == "missed":
        _told(case, "failure", f"missed: {reasons}")
    elif state.verdict != "held":
        _told(case, "error", f"{state.verdict or 'none'}: {reasons}")


def _properties(meta: RunMeta, state: RunState) -> dict[str, str]:
    found = {"run": meta.run, "seed": str(meta.seed), "stack": meta.backend, "verdict": state.verdict or "none"}
    found |= {name: f"{value:.3f}" for name, value in state.stamps.model_dump().items() if value is not None}
    words = {True: "met", False: "not met", None: "not measured"}
    for one in state.criteria:
        got = "" if one.measured is None else f", measured {one.measured:g} {one.unit}".rstrip()
        found[f"criterion {one.name}"] = f"{words[one.met]} at scale {one.scale:g}: target {one.target}{got}"
    return found


def _case(suite: ET.Element, meta: RunMeta, name: str) -> ET.Element:
    return ET.SubElement(suite, "testcase", classname=_text(f"tocsin.{meta.drill_name}"), name=_text(name))


def _told(case: ET.Element, kind: str, message: str) -> None:
    element = ET.SubElement(case, kind, message=_text(message))
    element.text = _text(message)


def _text(text: str) -> str:
    """Text without the characters that XML 1.0 cannot hold, escaped or not."""
    return "".join(one if one in "\t\n\r" or " " <= one <= "\ud7ff" or one >= "\ue000" else "?" for one in text)
