"""Faults: finding them by entry point, planning, applying, reverting, and the probes that prove both."""
