"""Scores of a drill, from its tape: pure functions, every point explained in one line."""

from tocsin.retro.score.run import score_run, scores
from tocsin.retro.score.total import Score
from tocsin.retro.score.twin import Twin, find_twin, is_twin, measure_twin

__all__ = ["Score", "Twin", "find_twin", "is_twin", "measure_twin", "score_run", "scores"]
