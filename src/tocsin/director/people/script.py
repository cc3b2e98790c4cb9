"""A script at the desk: its commands go the way that everybody's go."""

from dataclasses import dataclass

from tocsin.director.control.desk import Desk
from tocsin.director.recorder import Recorder
from tocsin.model.command import Answer, Command
from tocsin.respond.script import ScriptPlayer


@dataclass
class ScriptAtDesk:
    """Puts what is due on the desk; a command that is refused is noted, and the script goes on."""

    player: ScriptPlayer
    desk: Desk
    recorder: Recorder
    _told: int = 0

    def step(self, seconds: float) -> None:
        """One look at the tape, at ``seconds`` of the drill's clock."""
        fresh = self.recorder.events[self._told :]
        self._told += len(fresh)
        for number, command in self.player.due(fresh, seconds):
            self._put(number, command)

    def _put(self, number: int, command: Command) -> None:
        def answered(answer: Answer) -> None:
            if not answer.ok:
                self.recorder.note(f"step {number} of the script ({command.command}) was refused: {answer.error}")

        self.desk.put(command, answered)
