"""What the shop's programs are told through the environment."""

import os
from collections.abc import Mapping
from dataclasses import dataclass

TOPIC = "coupon-issue"
GROUP = "coupon-issuer"
ORDER_TOPIC = "order-completed"
ORDER_GROUP = "order-recorder"
DATABASE = "shop"
DATABASE_USER = "shop"


@dataclass(frozen=True)
class Address:
    """Where a server, or the edge to it, listens."""

    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> "Address":
        """Read ``host:port``.

        Raises:
            ValueError: when it is not of that form.
        """
        host, _, port = text.rpartition(":")
        if not host:
            raise ValueError(f"{text!r} is not of the form host:port")
        return cls(host, int(port))

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


@dataclass(frozen=True)
class AppSettings:
    """Settings of the shop's HTTP service; it listens on ``host``."""

    host: str
    port: int
    redis: Address
    database: Address
    kafka: Address
    password: str
    partitions: int
    seed: int
    instance: str
    pool: int
    at_once: int
    event_seconds: float
    ranking_days: int


@dataclass(frozen=True)
class IssuerSettings:
    """Settings of one coupon issuer; it serves its metrics on ``host``."""

    host: str
    port: int
    database: Address
    kafka: Address
    password: str
    instance: str
    partitions: int
    batch: int


@dataclass(frozen=True)
class DataSettings:
    """What the prepared data set holds."""

    users: int
    sales: int
    password: str
    seed: int


def app_settings(environment: Mapping[str, str] = os.environ) -> AppSettings:
    """Read the settings of the HTTP service.

    Raises:
        KeyError: when a variable is missing.
        ValueError: when one cannot be read.
    """
    return AppSettings(
        host=_host(environment),
        port=int(environment["SHOP_PORT"]),
        redis=Address.parse(environment["REDIS_ADDRESS"]),
        database=Address.parse(environment["DB_ADDRESS"]),
        kafka=Address.parse(environment["KAFKA_BOOTSTRAP"]),
        password=environment["SHOP_DB_PASSWORD"],
        partitions=_partitions(environment),
        seed=int(environment.get("SEED", "1")),
        instance=environment.get("INSTANCE", "app"),
        pool=int(environment.get("DB_POOL_MAX", "20")),
        at_once=int(environment.get("REQUESTS_AT_ONCE", "200")),
        event_seconds=float(environment.get("COUPON_EVENT_SECONDS", "5")),
        ranking_days=int(environment.get("RANKING_DAYS", "7")),
    )


def issuer_settings(environment: Mapping[str, str] = os.environ) -> IssuerSettings:
    """Read the settings of a coupon issuer.

    Raises:
        KeyError: when a variable is missing.
        ValueError: when one cannot be read.
    """
    return IssuerSettings(
        host=_host(environment),
        port=int(environment["ISSUER_PORT"]),
        database=Address.parse(environment["DB_ADDRESS"]),
        kafka=Address.parse(environment["KAFKA_BOOTSTRAP"]),
        password=environment["SHOP_DB_PASSWORD"],
        instance=environment.get("INSTANCE", GROUP),
        partitions=_partitions(environment),
        batch=int(environment.get("ISSUER_BATCH", "1")),
    )


def data_settings(environment: Mapping[str, str] = os.environ) -> DataSettings:
    """Read what the data set shall hold.

    Raises:
        KeyError: when the password is missing.
        ValueError: when a number cannot be read.
    """
    return DataSettings(
        users=int(environment.get("SHOP_USERS", "10000")),
        sales=int(environment.get("SALES_ROWS", "100000")),
        password=environment["SHOP_DB_PASSWORD"],
        seed=int(environment.get("SEED", "1")),
    )


def _host(environment: Mapping[str, str]) -> str:
    """Loopback, unless told otherwise: in a container the network of the stack is the only one there is."""
    return environment.get("LISTEN_HOST", "127.0.0.1")


def _partitions(environment: Mapping[str, str]) -> int:
    return int(environment.get("COUPON_PARTITIONS", "3"))
