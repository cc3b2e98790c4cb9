"""The retrospective: from a tape, and from nothing else, to the document of a run and the living runbook page."""

from tocsin.retro.document import write_incident
from tocsin.retro.documents import DOCUMENTS, document_name, write_document, write_page
from tocsin.retro.runbook import update_runbook

__all__ = ["DOCUMENTS", "document_name", "update_runbook", "write_document", "write_incident", "write_page"]
