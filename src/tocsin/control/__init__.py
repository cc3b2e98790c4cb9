"""Talking to a running drill: the socket in the run's folder, and a client for consoles, scripts and tests."""
