"""The command line of the load process, and what it takes from the environment."""

import argparse
import hashlib
import os
from pathlib import Path

from tocsin.load.addresses import ADDRESS
from tocsin.load.order import MAX_IN_FLIGHT, Order


def parse() -> argparse.Namespace:
    """The command line of this process."""
    parser = argparse.ArgumentParser(prog="tocsin.load")
    parser.add_argument("--profile", type=Path, required=True)
    parser.add_argument("--join-within", type=float, default=20.0, help="seconds for all workers to join")
    parser.add_argument("--worker", action="store_true", help="be a worker of the master at --master")
    parser.add_argument("--tied", action="store_true", help="a worker that ends when its standard input does")
    parser.add_argument("--master", default=os.environ.get(ADDRESS, ""), help=f"HOST:PORT; by default {ADDRESS}")
    parser.add_argument("--host")
    parser.add_argument("--metrics-port", type=int)
    parser.add_argument("--metrics-host", default="127.0.0.1", help="address of this machine that Prometheus reaches")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--compress", type=float, default=1.0)
    parser.add_argument("--phases", default="", help="names separated by commas; all of them by default")
    parser.add_argument("--arrivals", choices=("poisson", "constant"), default="poisson")
    parser.add_argument("--max-in-flight", type=int, default=MAX_IN_FLIGHT)
    parser.add_argument("--duration", type=float)
    parser.add_argument("--users", type=int, default=10_000)
    parser.add_argument("--workers", type=int, default=1, help="processes on this machine")
    parser.add_argument("--remote", type=int, default=0, help=f"workers that join from other machines, at {ADDRESS}")
    parser.add_argument("--summary", type=Path)
    parser.add_argument("--receipts", type=Path)
    options = parser.parse_args()
    needed = () if options.worker else ("host", "metrics_port", "duration", "summary", "receipts")
    missing = [f"--{name.replace('_', '-')}" for name in needed if getattr(options, name) is None]
    if missing:
        parser.error(f"the following arguments are required: {', '.join(missing)}")
    return options


def order_of(options: argparse.Namespace) -> Order:
    """What the load is to be."""
    return Order(
        host=options.host,
        seed=options.seed,
        scale=options.scale,
        compress=options.compress,
        phases=tuple(name for name in options.phases.split(",") if name),
        arrivals=options.arrivals,
        max_in_flight=options.max_in_flight,
        users=options.users,
        duration=options.duration,
    )


def digest(profile: Path) -> str:
    """What tells one profile from another."""
    return hashlib.sha256(profile.read_bytes()).hexdigest()
