"""The vocabulary as types: no I/O, and nothing else of Tocsin is imported here."""
