"""Sustained load in Locust's own process; nothing here imports Locust but the process itself and the profiles."""
