"""JUnit XML: suites of test cases that were met, missed, broken or left out."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Literal
from xml.etree import ElementTree as ET

from tocsin.retro.written import replace_file


def suite_name(name: str) -> str:
    """What the suite of a drill is called."""
    return f"tocsin.{name}"


def new_suite(name: str, seconds: float, properties: Mapping[str, str]) -> ET.Element:
    """An empty suite with its properties; ``counted`` closes it."""
    suite = ET.Element("testsuite", name=text(name), time=f"{seconds:.3f}")
    inside = ET.SubElement(suite, "properties")
    for key, value in properties.items():
        ET.SubElement(inside, "property", name=text(key), value=text(value))
    return suite


def case(suite: ET.Element, group: str, name: str) -> ET.Element:
    """A test case of a suite; met unless it is told otherwise."""
    return ET.SubElement(suite, "testcase", classname=text(group), name=text(name))


def told(test: ET.Element, kind: Literal["failure", "error", "skipped"], message: str) -> None:
    """Why a test case was not met, or not run."""
    element = ET.SubElement(test, kind, message=text(message))
    element.text = text(message)


def counted(suite: ET.Element) -> ET.Element:
    """The suite with the numbers of its cases."""
    for kind, name in (("failure", "failures"), ("error", "errors"), ("skipped", "skipped")):
        found = len(suite.findall(f"testcase/{kind}"))
        if found or kind != "skipped":
            suite.set(name, str(found))
    suite.set("tests", str(len(suite.findall("testcase"))))
    return suite


def write_suites(suites: Iterable[ET.Element], path: Path) -> Path:
    """Write ``path`` in one step and return it.

    Raises:
        OSError: when it cannot be written.
    """
    root = ET.Element("testsuites")
    root.extend(suites)
    ET.indent(root)
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_file(path, f'<?xml version="1.0" encoding="utf-8"?>\n{ET.tostring(root, encoding="unicode")}\n')
    return path


def text(told_text: str) -> str:
    """Text without the characters that XML 1.0 cannot hold, escaped or not."""
    return "".join(one if one in "\t\n\r" or " " <= one <= "\ud7ff" or one >= "\ue000" else "?" for one in told_text)
