"""Hypotheses, and the playbooks that say how a cause shows and what an operator does about it."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from tocsin.model.base import Strict


class Evidence(Strict):
    """One observation behind a hypothesis, with the query and the figures a person can check."""

    text: str
    signal: str
    entity: str
    query: str
    value: float
    baseline: float
    score: float = Field(description="robust one-sided z, in units of the healthy spread")


class Hypothesis(Strict):
    """A ranked cause with its confidence (0 to 1) and evidence; ``cause`` may be ``unknown``."""

    rank: int
    cause: str
    target: str
    confidence: float = Field(ge=0, le=1)
    evidence: list[Evidence] = Field(default_factory=list)


class Shows(Strict):
    """How a cause shows: per place, the probability that a family of signals is out of the ordinary.

    ``target`` is the broken service (and its replicas), ``edge`` the links into it, ``caller`` every service that
    depends on it, ``elsewhere`` all other entities. A family that is not named has the classifier's default.
    """

    target: dict[str, float] = Field(default_factory=dict)
    edge: dict[str, float] = Field(default_factory=dict)
    caller: dict[str, float] = Field(default_factory=dict)
    elsewhere: dict[str, float] = Field(default_factory=dict)


class RemedyStep(Strict):
    """One remedy of a playbook; ``{target}`` in ``target`` is replaced by the hypothesis's target."""

    remedy: str
    target: str = "{target}"
    parameters: dict[str, Any] = Field(default_factory=dict, alias="with")
    why: str
    wait: float = Field(default=20.0, description="seconds to watch for the effect before the next remedy")
    command: str = Field(default="", description="what an operator types; {target} is the service at fault")
    touches: str = Field(default="", description="blast radius: who notices the remedy itself")
    undo: str = Field(default="", description="how its change is put back, or why nothing has to be")


class Prevention(Strict):
    """Something that would keep an incident away, or tell of it sooner.

    ``covered_by`` names what does this already where it is found: SLOs or silence rules, or signals. ``proof`` says
    how to see that it was done; without it the drill itself must get better.
    """

    what: str
    kind: Literal["prevent", "detect", "mitigate"] = "prevent"
    covered_by: list[str] = Field(default_factory=list)
    proof: str = ""


def _from_text(value: Any) -> Any:
    return {"what": value} if isinstance(value, str) else value


PreventionOrText = Annotated[Prevention, BeforeValidator(_from_text, json_schema_input_type=Prevention | str)]
"""A bare text is a ``what``."""


class Playbook(Strict):
    """``runbooks/playbooks/<cause>.yaml``: one class of cause, how it shows, and the ordered remedies."""

    cause: str
    title: str
    component: str = Field(description="which component a target must be: redis, mysql, consumer, ...")
    summary: str
    shows: Shows
    confirm: list[str] = Field(default_factory=list, description="commands or queries that confirm it, for people")
    discriminate: list[str] = Field(default_factory=list, description="how to tell it from look-alikes")
    remedies: list[RemedyStep]
    impact: str = Field(default="", description="what users notice, in their words")
    prevent: list[PreventionOrText] = Field(default_factory=list, description="longer-term actions")
