"""The record of one remedy: an operator's action, with what was there before."""

from typing import Any

from pydantic import Field

from tocsin.model.base import Strict
from tocsin.model.stack import StackReference


class RemedyRecord(Strict):
    """One application of a remedy. Pure JSON, written before acting; undone at the end of the run from this alone."""

    id: str
    remedy: str
    target: str
    parameters: dict[str, Any]
    prior: dict[str, Any] = Field(default_factory=dict)
    stack: StackReference


class Prediction(Strict):
    """What a remedy is expected to do: figures before, figures expected, and the grounds (formula with numbers)."""

    before: dict[str, float]
    predicted: dict[str, float]
    grounds: list[str]
