"""A run for other programs: JSON Lines, a data set for root-cause analysis, JUnit XML; from its tape alone."""

from tocsin.retro.export.dataset import write_dataset
from tocsin.retro.export.junit import write_junit
from tocsin.retro.export.lines import write_lines

__all__ = ["write_dataset", "write_junit", "write_lines"]
