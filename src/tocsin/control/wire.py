"""JSON lines: requests and answers as bytes, one object a line."""

import json
from typing import Any

from pydantic import ValidationError

from tocsin.errors import BadInput
from tocsin.model.command import Answer, Command, command_data

LONGEST_LINE = 64 * 1024
"""Bytes of one line; a longer one is nobody's command."""


def encode(value: dict[str, Any]) -> bytes:
    """One line."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def encode_answer(answer: Answer) -> bytes:
    """An answer as a line."""
    return answer.model_dump_json().encode() + b"\n"


def decode_answer(line: bytes) -> Answer:
    """An answer from a line.

    Raises:
        BadInput: when it is none.
    """
    try:
        return Answer.model_validate_json(line)
    except ValidationError as error:
        raise BadInput("what the drill answered is no answer; is it another version of Tocsin?") from error


def decode_command(line: bytes) -> Command:
    """A command from a line.

    Raises:
        BadInput: saying what is wrong with it.
    """
    try:
        return command_data.validate_json(line)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(step) for step in first["loc"])
        message = str(first["msg"]).removeprefix("Value error, ")
        raise BadInput(f"{where}: {message}" if where else message, hint="One JSON object a line.") from error


def id_of(line: bytes) -> int:
    """The id of a line that may be no command at all; 0 where there is none."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return 0
    number = found.get("id", 0) if isinstance(found, dict) else 0
    return number if isinstance(number, int) and not isinstance(number, bool) else 0
