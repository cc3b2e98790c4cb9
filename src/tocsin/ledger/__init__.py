"""The write-ahead list of what must be undone, and how it is undone."""
