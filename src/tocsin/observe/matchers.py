"""PromQL label matchers applied on this side of the wire, so that one query can serve many selectors."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from tocsin.errors import TocsinError

_SELECTOR = re.compile(r"^\s*([a-zA-Z_:][a-zA-Z0-9_:]*)\s*(?:\{(.*)\})?\s*$")
_MATCHER = re.compile(r'\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*(=~|!~|!=|=)\s*"((?:[^"\\]|\\.)*)"\s*(?:,|$)')


@dataclass(frozen=True)
class Matcher:
    """One matcher: label, operator (``=``, ``!=``, ``=~``, ``!~``) and value; expressions are anchored."""

    label: str
    operator: str
    value: str

    def fits(self, labels: Mapping[str, str]) -> bool:
        """True when the labels satisfy it; a label that is not there reads as empty, as in Prometheus."""
        found = labels.get(self.label, "")
        same = re.fullmatch(self.value, found) is not None if self.operator.endswith("~") else found == self.value
        return same is not self.operator.startswith("!")


def split_selector(selector: str) -> tuple[str, str]:
    """(metric name, matchers as written) of a selector.

    Raises:
        TocsinError: when it is not a plain selector.
    """
    match = _SELECTOR.match(selector)
    if match is None:
        raise TocsinError(f'{selector!r} is not a PromQL selector of the form metric{{label="value"}}')
    return match.group(1), (match.group(2) or "").strip()


def parse_matchers(text: str) -> tuple[Matcher, ...]:
    """The matchers between the braces of a selector.

    Raises:
        TocsinError: when they cannot be read.
    """
    found = []
    rest = text.strip()
    while rest:
        match = _MATCHER.match(rest)
        if match is None:
            raise TocsinError(f"{text!r}: {rest!r} is not a PromQL label matcher")
        value = match.group(3).replace('\\"', '"').replace("\\\\", "\\")
        found.append(Matcher(match.group(1), match.group(2), value))
        rest = rest[match.end() :].strip()
    return tuple(found)
