"""YAML files read into models, with errors that name file, line, key and the nearest valid word."""

from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from tocsin.errors import BadInput
from tocsin.suggest import nearest

Model = TypeVar("Model", bound=BaseModel)


def read_yaml(path: Path) -> Any:
    """The file's content, with ruamel's line marks kept; not to be changed, for the next reader gets the same.

    Raises:
        BadInput: when the file is missing, not text, or not YAML.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise BadInput(f"{path}: no such file") from error
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path}: cannot be read: {error}") from error
    try:
        return _parsed(text)
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise BadInput(f"{path}:{line}: not valid YAML: {error.problem or error.context}") from error
    except (YAMLError, ValueError) as error:
        raise BadInput(f"{path}: not valid YAML: {error}") from error


@lru_cache(maxsize=256)
def _parsed(text: str) -> Any:
    """One parse for each text: with marks it takes about a millisecond for every three lines."""
    return YAML(typ="rt").load(text)


def load_model(path: Path, model: type[Model], *, content: Any = None) -> Model:
    """Read ``path`` into ``model``; all mistakes are reported at once.

    Raises:
        BadInput: naming file, line and key of every mistake, with the nearest valid word.
    """
    data = read_yaml(path) if content is None else content
    if not isinstance(data, dict):
        raise BadInput(f"{path}:1: a mapping of keys is expected here")
    try:
        return model.model_validate(data)
    except ValidationError as error:
        lines = [_sentence(path, data, model, dict(item)) for item in error.errors()]
        raise BadInput("\n".join(dict.fromkeys(lines))) from error


def parse_word(text: str) -> Any:
    """A value written on a command line, read as YAML would read it: ``0.5``, ``true``, ``[1, 2]`` or plain text."""
    try:
        return YAML(typ="safe").load(text)
    except YAMLError:
        return text


def line_of(data: Any, path: tuple[str | int, ...]) -> int:
    """Line (from 1) of a key in ruamel data; of its nearest ancestor when it is not there."""
    line = 1
    for step in path:
        if isinstance(data, CommentedMap) and step in data:
            line = data.lc.key(step)[0] + 1
        elif isinstance(data, CommentedSeq) and isinstance(step, int) and step < len(data):
            line = data.lc.item(step)[0] + 1
        else:
            continue  # a step that pydantic put in for a union's member
        data = data[step]
    return line


def _sentence(path: Path, data: Any, model: type[BaseModel], error: dict[str, Any]) -> str:
    location = error["loc"]
    where = f"{path}:{line_of(data, location)}"
    key = ".".join(str(step) for step in location)
    if error["type"] == "extra_forbidden":
        return f"{where}: unknown key {location[-1]!r} ({key}); {nearest(str(location[-1]), _keys(model, location))}"
    if error["type"] == "missing":
        return f"{where}: the key {location[-1]!r} is missing ({key})"
    message = error["msg"].removeprefix("Value error, ")
    if error["type"] == "literal_error":
        valid = [word.strip("' ") for word in str(error["ctx"]["expected"]).replace(" or ", ",").split(",")]
        message = f"{error['input']!r} is not a valid word; {nearest(str(error['input']), valid)}"
    return f"{where}: {key}: {message}"


def _keys(model: Any, location: tuple[str | int, ...]) -> list[str]:
    """The keys that are valid beside the one at ``location``, read from the model's JSON schema."""
    schema = model.model_json_schema()
    definitions = schema.get("$defs", {})
    for step in location[:-1]:
        schema = _step(schema, step, definitions)
    keys: list[str] = []
    for option in _options(schema, definitions):
        keys += list(option.get("properties", {}))
    return keys


def _options(schema: dict[str, Any], definitions: dict[str, Any]) -> list[dict[str, Any]]:
    if "$ref" in schema:
        return _options(definitions[schema["$ref"].rpartition("/")[2]], definitions)
    members = schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf")
    return [found for member in members for found in _options(member, definitions)] if members else [schema]


def _step(schema: dict[str, Any], step: str | int, definitions: dict[str, Any]) -> dict[str, Any]:
    for option in _options(schema, definitions):
        inner = option.get("items") if isinstance(step, int) else option.get("properties", {}).get(step)
        inner = inner or option.get("additionalProperties")
        if isinstance(inner, dict):
            return inner
    return schema
