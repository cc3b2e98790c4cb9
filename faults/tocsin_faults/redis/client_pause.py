"""redis.client_pause: Redis keeps every writer waiting, and ends that by itself."""

from typing import ClassVar

import redis
from pydantic import BaseModel, ConfigDict
from redis.backoff import NoBackoff
from redis.retry import Retry

from tocsin.model.fault import FaultSpec, Injection, Proof
from tocsin.model.stack import Stack

_WAIT = 0.5
"""Seconds that an answer may take before its asker counts as kept waiting."""
_SPARE = 30.0
"""Seconds beyond its planned length after which the server ends the pause by itself."""
_ENDLESS = 600.0
"""Seconds of the pause where the injection has no length."""
_CHANNEL = "tocsin-bite-probe"


class ClientPauseParameters(BaseModel):
    """None: how long it lasts is the length of the injection."""

    model_config = ConfigDict(extra="forbid")


class ClientPause:
    """CLIENT PAUSE ... WRITE: writes and scripts wait, reads are answered.

    A pause of all commands would also keep CLIENT UNPAUSE waiting, so it could not be undone before its time. The
    server itself ends the pause when its time-out is over: nothing is left even if nobody lives to undo it.
    """

    spec: ClassVar[FaultSpec] = FaultSpec(
        id="redis.client_pause",
        cause="redis.client_pause",
        component="redis",
        holds="settings",
        undo="expires",
        summary="keep every write and script of Redis waiting (CLIENT PAUSE WRITE); it ends by itself",
    )
    Parameters: ClassVar[type[BaseModel]] = ClientPauseParameters

    def plan(self, stack: Stack, injection: Injection) -> Injection:  # noqa: ARG002 - nothing to read
        """How long the server is to wait at most, in milliseconds: a while longer than the injection is to last."""
        prior = {"expires_ms": int(((injection.duration or _ENDLESS) + _SPARE) * 1000)}
        return injection.model_copy(update={"prior": prior})

    def apply(self, stack: Stack, injection: Injection) -> None:
        """Pause."""
        with _client(stack, injection) as client:
            client.execute_command("CLIENT", "PAUSE", injection.prior["expires_ms"], "WRITE")

    def revert(self, stack: Stack, injection: Injection) -> None:
        """Let writers go on."""
        with _client(stack, injection) as client:
            client.execute_command("CLIENT", "UNPAUSE")

    def bites(self, stack: Stack, injection: Injection) -> Proof:
        """Something like a write, over a new connection, waits, while a PING over the same one was answered."""
        answered, waits = _look(stack, injection)
        text = f"PING {'answered' if answered else 'not answered'}; a write {'waits' if waits else 'went through'}"
        return Proof(holds=answered and waits, evidence=f"{text} (looked for {_WAIT:g} s)")

    def residue(self, stack: Stack, injection: Injection) -> list[str]:
        """Writers still wait."""
        _, waits = _look(stack, injection)
        return [f"{injection.target} still keeps writers waiting"] if waits else []


def _look(stack: Stack, injection: Injection) -> tuple[bool, bool]:
    """(PING answered, a write waits); publishing to nobody waits as a write does and changes nothing."""
    with _client(stack, injection, timeout=_WAIT) as client:
        try:
            client.ping()
        except redis.RedisError:
            return False, True
        try:
            client.publish(_CHANNEL, "")
        except redis.TimeoutError:
            return True, True
    return True, False


def _client(stack: Stack, injection: Injection, timeout: float = 3.0) -> "redis.Redis":
    address = stack.address(injection.target)
    return redis.Redis(
        host=address.host,
        port=address.port,
        socket_timeout=timeout,
        socket_connect_timeout=timeout,
        retry=Retry(NoBackoff(), 0),
    )
