"""The retrospective: from a tape, and from nothing else, to the incident document and the living runbook page."""

from tocsin.retro.document import write_incident
from tocsin.retro.runbook import update_runbook

__all__ = ["update_runbook", "write_incident"]
