"""What the servers took down while there was load: counters as the load begins, the rest once it is off."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from tocsin.director.aside import aside
from tocsin.director.pace import Pace
from tocsin.director.plan import Plan
from tocsin.director.source import source_of_truth
from tocsin.errors import TocsinError
from tocsin.model.event import EventData, Note
from tocsin.model.stack import Stack
from tocsin.observe.looks.commands import Calls, command_calls, server_commands
from tocsin.observe.looks.plans import analyse
from tocsin.observe.looks.slow_log import slow_queries

_Step = Callable[[], list[EventData]]


@dataclass
class Looks:
    """Looks at one run's servers; what cannot be read is noted, and spoils nothing."""

    plan: Plan
    stack: Stack
    pace: Pace
    since: float = 0.0  # seconds since the epoch
    _calls: Calls = field(default_factory=dict)

    def begin(self) -> None:
        """Take down where the counters stand: the load is about to begin."""
        self.since = self.pace.recorder.clock.wall()
        service = self.plan.files.looks.commands
        if service is not None:
            try:
                self._calls = command_calls(self.stack.address(service))
            except TocsinError as error:
                self.pace.recorder.note(f"the commands of {service} could not be counted: {error.message}")

    def end(self) -> None:
        """Read what the servers have to tell, onto the tape."""
        pace = self.pace
        for found in aside("looks", self._all, pace.guardian, pace.interrupts.check):
            pace.recorder.say(found)

    def _all(self) -> list[EventData]:
        found: list[EventData] = []
        for step in self._steps():
            try:
                found += step()
            except TocsinError as error:
                found.append(Note(text=f"a look failed: {error.message}"))
        return found

    def _steps(self) -> Iterator[_Step]:
        looks, since = self.plan.files.looks, self.since
        database = source_of_truth(self.plan, self.stack) if self.plan.files.compose.extension.database else None
        if looks.slow_queries is not None and database is not None:
            service = looks.slow_queries
            yield lambda: [asyncio.run(slow_queries(service, database, since))]
        if looks.commands is not None:
            redis, address = looks.commands, self.stack.address(looks.commands)
            yield lambda: [server_commands(redis, address, self._calls, since)]
        wanted = {name: looks.queries[name] for name in self.plan.drill.analyse}
        if wanted and database is not None:
            owner = looks.slow_queries or "the database"
            yield lambda: list(asyncio.run(analyse(owner, database, wanted)))
