"""Severity of a breach, from the share of events (or entities) that are bad."""

from tocsin.model.slo import Severity

RECENT = 5
"""Seconds over which the bad share is taken."""


def severity(bad_share: float) -> Severity:
    """SEV1 from 50 % bad, SEV2 from 10 %, SEV3 below that."""
    if bad_share >= 0.5:
        return "SEV1"
    return "SEV2" if bad_share >= 0.1 else "SEV3"
