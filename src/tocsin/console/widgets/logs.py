"""The tail of the logs: of every service, or of one."""

from tocsin.console.paint import clock_text
from tocsin.console.reel import Moment
from tocsin.console.widgets.lines import Lines, Part
from tocsin.tape.follow import LogLine

_LONGEST = 200
"""Characters of a log line that are shown."""


class Logs(Lines[LogLine]):
    """Log lines, the newest at the end; ``next_service`` chooses whose."""

    BORDER_TITLE = "logs of every service"

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._chosen = ""
        self._services: list[str] = []
        self._source: list[LogLine] = []
        self._read = 0
        self._kept: list[LogLine] = []

    def show_moment(self, moment: Moment) -> None:
        """Show what had been logged at a moment."""
        if moment.logs is not self._source or len(moment.logs) < self._read:
            self._source, self._read, self._kept = moment.logs, 0, []
        for line in self._source[self._read :]:
            if line.service not in self._services:
                self._services = sorted([*self._services, line.service])
            if self._chosen in ("", line.service):
                self._kept.append(line)
        self._read = len(self._source)
        self.show(self._kept)

    def next_service(self) -> None:
        """Go on to the next service, and after the last one back to all."""
        known = ["", *self._services]
        self._chosen = known[(known.index(self._chosen) + 1) % len(known)] if self._chosen in known else ""
        self.border_title = f"logs of {self._chosen or 'every service'}"
        self._read, self._kept = 0, []
        self._kept = [line for line in self._source if self._chosen in ("", line.service)]
        self._read = len(self._source)
        self.show(self._kept)

    def parts(self, row: LogLine) -> tuple[list[Part], Part]:
        """Clock and service, and the line."""
        name: list[Part] = [] if self._chosen else [(f"{row.service:<18} ", "belief")]
        return [(f"{clock_text(row.t)} ", "dim"), *name], (row.line[:_LONGEST], "plain")
