"""What every model shares: strict fields, and durations written as people write them."""

import re
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_DURATION = re.compile(r"^\s*(\d+(?:\.\d+)?)\s*(ms|s|m|h)?\s*$")


class Strict(BaseModel):
    """A frozen model that refuses keys it does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def parse_seconds(value: object) -> float:
    """Seconds from ``20``, ``"20s"``, ``"200ms"``, ``"5m"`` or ``"1h"``.

    Raises:
        ValueError: when the text is not a duration, or is negative.
    """
    if isinstance(value, int | float) and not isinstance(value, bool):
        if value < 0:
            raise ValueError("a duration cannot be negative")
        return float(value)
    match = _DURATION.match(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError(f"{value!r} is not a duration; write it as 200ms, 20s, 5m or 1h")
    return float(match.group(1)) * _UNITS[match.group(2) or "s"]


Seconds = Annotated[float, BeforeValidator(parse_seconds, json_schema_input_type=float | str)]
"""A duration in seconds; in YAML it may be written 200ms, 20s, 5m or 1h."""
