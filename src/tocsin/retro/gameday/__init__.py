"""The summary of a game day, from its record alone: for people (Markdown, HTML) and for CI (JUnit XML)."""

from tocsin.retro.gameday.earlier import earlier_records, read
from tocsin.retro.gameday.summary import write_summary

__all__ = ["earlier_records", "read", "write_summary"]
