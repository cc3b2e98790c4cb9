"""The languages of documents: every phrase that code puts together, by name, and how figures read.

Templates hold what stands in a document as it is; what depends on a run is put together from phrases. Names of
faults, SLOs, services, remedies and commands are the same in every language, and so is what the tape quotes.
"""

from tocsin.retro.language.catalogue import ENGLISH, KOREAN, LANGUAGES, Language

__all__ = ["ENGLISH", "KOREAN", "LANGUAGES", "Language"]
