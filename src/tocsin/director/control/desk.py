"""The desk: does what people say, in the director's own time; every command that is accepted becomes one event."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from tocsin import clock
from tocsin.director.control.server import ControlServer, Received
from tocsin.director.interrupts import Interrupts
from tocsin.director.recorder import Recorder
from tocsin.errors import Refused, TocsinError
from tocsin.ledger.client import GuardianLost
from tocsin.model.command import (
    ALLOWED,
    Answer,
    Attach,
    Attached,
    Command,
    Detach,
    GiveHint,
    Stop,
    TakeNote,
    Update,
)
from tocsin.model.event import HintGiven, PersonAttached, PersonDetached, PersonNoted, UpdatePosted
from tocsin.model.run import RunMeta
from tocsin.tape.seal import sealed_meta
from tocsin.tape.store import TapeFailed

Result = dict[str, Any]
Reply = Callable[[Answer], None]


class Chair(Protocol):
    """Who takes the commands that belong to the incident itself, once there is one."""

    @property
    def paused(self) -> bool:
        """True while the drill's clock stands still."""
        ...

    def poll(self) -> None:
        """Go on with what takes longer than a moment."""
        ...

    def close(self) -> None:
        """The drill is over: whoever waits for an answer gets one."""
        ...

    def take(self, command: Command, done: "Callable[[Result | TocsinError], None]") -> None:
        """Carry a command out; ``done`` gets its result, or why it failed, at once or later.

        Raises:
            TocsinError: when it is refused.
        """
        ...


@dataclass
class Desk:
    """Takes commands from the control server, and from a script in the same way."""

    meta: RunMeta
    recorder: Recorder
    interrupts: Interrupts
    server: ControlServer | None = None
    chair: Chair | None = None
    phase: str = ""
    _own: list[Received] = field(default_factory=list)

    def serve(self) -> None:
        """Do what has been asked for since the last call."""
        own, self._own = self._own, []
        for received in [*(self.server.take() if self.server is not None else []), *own]:
            self._do(received.command, received.answer)
        if self.chair is not None:
            self.chair.poll()

    def put(self, command: Command, answer: Reply) -> None:
        """A command from inside the director (a script's), to be done with the next ``serve``."""
        self._own.append(Received(command, answer))

    def wait(self, seconds: float) -> None:
        """Wait for a command, for so many seconds at most."""
        if self.server is not None:
            self.server.wait(seconds)
        else:
            clock.pause(seconds)

    def leave(self) -> None:
        """The incident is over: what belongs to it is refused from now on."""
        if self.chair is not None:
            self.chair.close()
            self.chair = None

    def close(self) -> None:
        """Nobody is served any more."""
        self.leave()
        if self.server is not None:
            self.server.close()

    def _do(self, command: Command, reply: Reply) -> None:
        def done(found: Result | TocsinError) -> None:
            if isinstance(found, TocsinError):
                reply(Answer(id=command.id, ok=False, error=found.message, hint=found.hint))
            else:
                reply(Answer(id=command.id, ok=True, result=found))

        try:
            if isinstance(command, Attach):
                done(self._attach(command))
            elif not self._simple(command):
                self._chair(command).take(command, done)
                return
            else:
                done({})
        except (GuardianLost, TapeFailed):  # the run itself is in trouble, not the command
            done(Refused("the run is coming to its end"))
            raise
        except TocsinError as error:
            done(error)

    def _attach(self, command: Attach) -> Result:
        self.recorder.say(PersonAttached(who=command.who, role=command.role))
        meta = sealed_meta(self.meta, command.role)
        return Attached(
            run=meta.run,
            title=meta.drill.title,
            blind=meta.drill.blind,
            phase=self.phase,
            t=round(self.recorder.clock.now(), 3),
            paused=self.chair is not None and self.chair.paused,
            responder=meta.responder,
            commands=[name for name, roles in ALLOWED.items() if command.role in roles],
        ).model_dump(mode="json")

    def _simple(self, command: Command) -> bool:
        """What can be done in every phase of a run; False when it is none of that."""
        by = {"who": command.who, "role": command.role}
        if isinstance(command, Detach):
            self.recorder.say(PersonDetached.model_validate(by))
        elif isinstance(command, TakeNote):
            self.recorder.say(PersonNoted.model_validate(by | {"text": command.arguments.text}))
        elif isinstance(command, Update):
            self.recorder.say(UpdatePosted.model_validate(by | {"text": command.arguments.text}))
        elif isinstance(command, GiveHint):
            self.recorder.say(HintGiven.model_validate(by | {"text": command.arguments.text}))
        elif isinstance(command, Stop):
            self.interrupts.stop(command.who, command.role, command.arguments.reason)
        else:
            return False
        return True

    def _chair(self, command: Command) -> Chair:
        if self.chair is None:
            raise Refused(
                f"{command.command} belongs to the phase drill, and this is the phase {self.phase or 'start'}",
                hint="The drill itself begins when every SLO has held for the steady time, and ends with recovery.",
            )
        return self.chair
