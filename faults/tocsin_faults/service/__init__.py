"""Faults of any service's processes."""
