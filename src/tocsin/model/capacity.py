"""Formulas behind scale decisions, each with its source; pure."""

from math import ceil, inf


def drain_seconds(lag: float, consumers: int, partitions: int, per_consumer: float, arriving: float) -> float:
    """Seconds until a backlog is worked off: L / (min(C, P)·mu - lambda); infinite when it only grows.

    ``lag`` in records, rates in records/s. A consumer beyond the number of partitions has nothing to read. Follows
    from flow balance (Kleinrock, Queueing Systems, vol. 1, 1975, ch. 2: the fluid approximation).
    """
    spare = min(consumers, partitions) * per_consumer - arriving
    return lag / spare if spare > 0 else inf


def consumers_needed(lag: float, arriving: float, per_consumer: float, within: float) -> int:
    """Consumers that work off a backlog ``within`` seconds: ceil((lambda + L/T) / mu); at least one."""
    return max(1, ceil((arriving + lag / within) / per_consumer))


def utilisation(used: float, limit: float) -> float:
    """Rho = X·S / c: the busy share of a resource (utilisation law; Denning & Buzen 1978)."""
    return used / limit if limit > 0 else inf


def pool_connections(rate: float, held: float) -> float:
    """Connections in use: L = X·W, with ``rate`` in uses/s and ``held`` in seconds (Little 1961)."""
    return rate * held
