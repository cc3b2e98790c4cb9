"""Faults of Redis and the way to it."""
