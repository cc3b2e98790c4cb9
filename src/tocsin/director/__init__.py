"""Runs one drill: from the file to the tape, asking the guardian for everything that must be undone."""
