"""Scripts: read with the line of every mistake, and played: at this time or on this event do that. No I/O once read."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from tocsin.errors import BadInput
from tocsin.model.command import ALLOWED, Command, Hypothesise, Preview, RunRemedy, command_data
from tocsin.model.event import Event
from tocsin.model.hypothesis import Playbook
from tocsin.model.script import Script, ScriptStep
from tocsin.respond.registry import REMEDIES
from tocsin.suggest import nearest
from tocsin.yamlfile import line_of, load_model, read_yaml

_KINDS = {"detected": "breach"}
"""Moments that have another name as events."""


@dataclass(frozen=True)
class Words:
    """What a script may name: causes, and targets of the stack."""

    causes: list[str]
    playbooks: list[Playbook]
    targets: list[str]


def read_script(path: Path, words: Words) -> Script:
    """A script, everything in it checked.

    Raises:
        BadInput: naming file, line and key of every mistake, with the nearest valid word.
    """
    content = read_yaml(path)
    script = load_model(path, Script, content=content)
    mistakes: list[str] = []
    for index, step in enumerate(script.steps):
        for key, message in _mistakes(script, step, words):
            line = line_of(content, ("steps", index, *key))
            mistakes.append(f"{path}:{line}: {message}")
    if mistakes:
        raise BadInput("\n".join(mistakes))
    return script


def command_of(script: Script, step: ScriptStep, number: int = 0) -> Command:
    """The command of a step, as it would come over the control socket.

    Raises:
        ValidationError: when its arguments do not fit.
    """
    return command_data.validate_python(
        {
            "id": number,
            "who": step.who or script.who,
            "role": step.role or script.role,
            "command": step.do,
            "arguments": step.arguments,
        }
    )


def _mistakes(script: Script, step: ScriptStep, words: Words) -> list[tuple[tuple[str, ...], str]]:
    role = step.role or script.role
    if role not in ALLOWED[step.do]:
        return [(("do",), f"{step.do} is not for the role {role}, but for: {', '.join(sorted(ALLOWED[step.do]))}")]
    try:
        command = command_of(script, step)
    except ValidationError as error:
        return [_in_arguments(step, dict(item)) for item in error.errors()]
    if isinstance(command, Hypothesise):
        said = command.arguments
        found = [("cause", said.cause, [*words.causes, "unknown"]), ("target", said.target, [*words.targets, ""])]
    elif isinstance(command, Preview | RunRemedy):
        wanted = command.arguments
        causes = [playbook.cause for playbook in words.playbooks]
        found = [("remedy", wanted.remedy, list(REMEDIES)), ("target", wanted.target, [*words.targets, ""])]
        found.append(("cause", wanted.cause, [*causes, ""]))
    else:
        return []
    return [
        (("arguments", key), f"unknown {key} {word!r}; {nearest(word, [one for one in valid if one])}")
        for key, word, valid in found
        if word not in valid
    ]


def _in_arguments(step: ScriptStep, error: dict[str, Any]) -> tuple[tuple[str, ...], str]:
    location = tuple(str(one) for one in error["loc"] if one != step.do)  # pydantic names the union's member first
    key = location[-1] if location else "arguments"
    words = {"missing": f"the argument {key!r} is missing", "extra_forbidden": f"unknown argument {key!r}"}
    return location, f"{step.do}: " + words.get(
        error["type"], f"{key}: {str(error['msg']).removeprefix('Value error, ')}"
    )


@dataclass
class ScriptPlayer:
    """Says what is due; ``due`` is fed everything new on the tape."""

    script: Script
    _counts: dict[str, int] = field(default_factory=dict)
    _seen: dict[tuple[str, int], float] = field(default_factory=dict)
    _done: set[int] = field(default_factory=set)

    def due(self, fresh: Iterable[Event], seconds: float) -> list[tuple[int, Command]]:
        """(number from 1, command) of the steps that are due at ``seconds`` of the drill's clock, in their order."""
        for event in fresh:
            kind = event.data.kind
            self._counts[kind] = self._counts.get(kind, 0) + 1
            self._seen[kind, self._counts[kind]] = seconds
        found = []
        for number, step in enumerate(self.script.steps, start=1):
            moment = self._moment(step)
            if number not in self._done and moment is not None and seconds >= moment:
                self._done.add(number)
                found.append((number, command_of(self.script, step, number)))
        return found

    def _moment(self, step: ScriptStep) -> float | None:
        if step.on is None:
            return step.at
        seen = self._seen.get((_KINDS.get(step.on, step.on), step.nth))
        return None if seen is None else seen + step.after
