"""Who acts in a run: the name that a person gives, and the role in which they do."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints

from tocsin.model.base import Strict

Role = Literal["responder", "commander", "scribe", "observer", "facilitator"]
"""The commander leads the incident; the facilitator leads the drill, and is the only one who knows the cause."""


def _printable(text: str) -> str:
    if not text.isprintable():
        raise ValueError("characters that cannot be printed are not allowed here")
    return text


Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60), AfterValidator(_printable)]
"""A person's name, one line."""
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]
"""What a person writes: a note, an update, a reason."""


class ByPerson(Strict):
    """What carries who did it, and in which role."""

    who: Name
    role: Role = Field(default="responder")
