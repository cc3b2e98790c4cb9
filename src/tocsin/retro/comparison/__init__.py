"""Runs of one drill side by side: figures, paired differences, predictions, and how well more of a service scales."""

from tocsin.retro.comparison.document import Comparison, compare_runs, write_comparison

__all__ = ["Comparison", "compare_runs", "write_comparison"]
