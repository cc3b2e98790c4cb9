"""Tocsin's own faults, one file each; they come through the same entry points as anybody's."""
