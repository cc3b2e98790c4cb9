"""The summary of a game day, from its record alone: for people (Markdown, HTML) and for CI (JUnit XML)."""

from tocsin.retro.gameday.earlier import earlier_records
from tocsin.retro.gameday.summary import write_summary

__all__ = ["earlier_records", "write_summary"]
