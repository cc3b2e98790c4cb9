"""Looks at what the servers themselves took down while there was load: slow logs, command times, query plans."""
