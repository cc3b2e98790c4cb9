"""Faults of MySQL."""
