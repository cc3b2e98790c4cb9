"""Faults of the links between services."""
