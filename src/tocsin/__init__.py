"""Tocsin: rehearse incidents on a real system, and keep what was learnt.

The rooms follow the steps of an incident: load, inject, observe, detect, classify, respond, retro. They meet
only through the tape and the types in :mod:`tocsin.model`.
"""

__version__ = "0.1.0"
