"""Samples and topology to ranked hypotheses: pure functions that see what Prometheus shows and nothing else."""

from tocsin.classify.decide import decide
from tocsin.classify.posterior import classify

__all__ = ["classify", "decide"]
