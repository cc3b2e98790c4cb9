"""Faults of Kafka and its clients."""
