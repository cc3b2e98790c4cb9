"""A script: what people do in a drill, written down, so that a drill for people can be run without them."""

from typing import Any, Literal, Self

from pydantic import Field, model_validator

from tocsin.model.base import Seconds, Strict
from tocsin.model.command import CommandName
from tocsin.model.person import Name, Role

Moment = Literal[
    "detected", "acknowledged", "declared", "hypothesis_stated", "action_started", "action_done", "action_measured",
    "mitigated", "resolved", "mitigation_declared", "resolution_declared", "hint_taken", "hint_given", "update_posted",
    "drill_paused", "drill_resumed",
]  # fmt: skip
"""What a step may wait for; ``detected`` is a page. Nothing of it is the truth lane: a script is a responder."""


class ScriptStep(Strict):
    """One command: ``at`` so many seconds after steady, or ``after`` so many seconds after the ``nth`` event ``on``."""

    at: Seconds | None = Field(default=None, description="seconds of the drill's clock since steady was satisfied")
    on: Moment | None = None
    nth: int = Field(default=1, ge=1)
    after: Seconds = 0.0
    do: CommandName
    arguments: dict[str, Any] = Field(default_factory=dict, description="as over the control socket")
    who: Name | None = Field(default=None, description="the script's by default")
    role: Role | None = Field(default=None, description="the script's by default")

    @model_validator(mode="after")
    def _one_moment(self) -> Self:
        if (self.at is None) == (self.on is None):
            raise ValueError("give either at or on")
        if self.at is not None and (self.after or self.nth > 1):
            raise ValueError("after and nth belong to on")
        if self.do in ("attach", "detach"):
            raise ValueError("a script is attached as long as the drill lasts")
        return self


class Script(Strict):
    """The steps of a script, each done once; they do not wait for each other."""

    title: str = ""
    who: Name = "script"
    role: Role = "responder"
    steps: list[ScriptStep]
