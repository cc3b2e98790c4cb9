"""Running a game day: drill after drill, breaks between them, and a record from which it can be resumed."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tocsin import __version__, clock
from tocsin.director.gate import check_may_start
from tocsin.director.interrupts import Interrupts
from tocsin.director.plan import Plan
from tocsin.director.session import Ran
from tocsin.errors import Aborted, BadInput, Blocked, TocsinError
from tocsin.gameday.checks import look
from tocsin.gameday.figures import ended_by_itself, outcome
from tocsin.gameday.plan import Chosen, GameDayPlan, plan_of
from tocsin.gameday.record import held, new_folder, read_record, write_record
from tocsin.gameday.rules import stop_after, stop_before
from tocsin.guards import guard_of
from tocsin.ledger.store import is_held
from tocsin.model.gameday import DrillEntry, GameDay, GameDayRecord
from tocsin.model.verdict import EXIT_CODES
from tocsin.stack.process import is_same
from tocsin.workspace import Workspace

UNDONE_WITHIN = 180.0
"""Seconds that the guardian of an interrupted drill gets to undo everything before a game day is resumed."""
_LOOK_EVERY = 0.2


@dataclass(frozen=True)
class Hands:
    """How a game day does what it does.

    ``play`` runs one plan and calls back with the run's folder as soon as there is one; ``say`` is told a line of
    progress; ``show_progress`` a line that changes.
    """

    play: Callable[[Plan, Callable[[Path], None]], Ran]
    say: Callable[[str], None]
    show_progress: Callable[[str], None] = lambda _: None


@dataclass
class _Running:
    """A game day under way; ``record`` is what stands on disk."""

    workspace: Workspace
    folder: Path
    chosen: Chosen
    hands: Hands
    record: GameDayRecord
    begun: float = field(default_factory=clock.monotonic)

    @property
    def gameday(self) -> GameDay:
        """What is run."""
        return self.record.plan

    def save(self, **update: Any) -> None:
        """Change the record, on disk too."""
        self.record = self.record.model_copy(update=update)
        write_record(self.folder, self.record)

    def put(self, entry: DrillEntry) -> None:
        """Change one entry of the record."""
        self.save(entries=[entry if one.number == entry.number else one for one in self.record.entries])

    def run(self) -> GameDayRecord:
        """Every drill that is still to be run, until the end or a reason to stop; signals end it between drills too."""
        interrupts = Interrupts(self.workspace)
        with interrupts.watching():
            self._conclude(self._all(interrupts))
        return self.record

    def _all(self, interrupts: Interrupts) -> str:
        """The drills; why it ends before the last one, empty when it does not."""
        waiting = [entry for entry in self.record.entries if entry.state in ("waiting", "interrupted")]
        for place, entry in enumerate(waiting):
            try:
                interrupts.check()
                reason = stop_before(self.gameday, clock.monotonic() - self.begun)
                if reason:
                    return reason
                done = self._drill(entry)
                reason = stop_after(self.gameday, self.record, done)
                if reason:
                    return reason
                if place + 1 < len(waiting):
                    self._break(done, interrupts)
            except Aborted as error:
                return error.message
        return ""

    def _drill(self, entry: DrillEntry) -> DrillEntry:
        self.hands.say(f"drill {entry.number} of {len(self.record.entries)}: {self._named(entry)}")
        plan = plan_of(self.workspace, Path(self.record.path), entry, self.chosen)
        begun = entry.model_copy(
            update={"state": "running", "attempts": entry.attempts + 1, "started": clock.wall(), "run": ""}
        )
        self.put(begun)
        try:
            ran = self.hands.play(plan, lambda folder: self.put(begun.model_copy(update={"run": folder.name})))
        except BadInput:
            self.put(entry)  # nothing was started
            raise
        if ran.failure is not None:
            self.hands.say(f"{self._named(entry)}: {ran.failure.message}")
        done = outcome(begun, Path(ran.result.tape), self.workspace.tapes())
        done = done.model_copy(update={"state": "done", "ended": clock.wall()})
        self.put(done)
        self.hands.say(f"{done.drill}: {done.verdict}")
        return done

    def _named(self, entry: DrillEntry) -> str:
        return "a blind drill" if entry.plan.blind else f"{entry.title} ({entry.drill})"

    def _break(self, after: DrillEntry, interrupts: Interrupts) -> None:
        """The break after a drill; ``tocsin stop`` and signals end it."""
        seconds = self.gameday.pause if after.plan.pause is None else after.plan.pause
        until = clock.monotonic() + seconds
        if seconds:
            self.hands.say(f"a break of {seconds:g} s")
        while (left := until - clock.monotonic()) > 0:
            self.hands.show_progress(f"break: {left:.0f} s to go")
            clock.pause(min(_LOOK_EVERY, left))
            interrupts.check()

    def _conclude(self, reason: str) -> None:
        entries = [
            entry.model_copy(update={"state": "skipped"}) if entry.state in ("waiting", "interrupted") else entry
            for entry in self.record.entries
        ]
        over = all(entry.state == "done" for entry in entries) and not any(e.verdict == "aborted" for e in entries)
        if reason:
            self.hands.say(f"the game day ends here: {reason}")
        self.save(
            entries=entries, state="done" if over else "stopped", reason="" if over else reason, ended=clock.wall()
        )


def begin_gameday(workspace: Workspace, plan: GameDayPlan, chosen: Chosen, hands: Hands) -> tuple[Path, GameDayRecord]:
    """Run a game day from its first drill; the folder of its record, and the record.

    Raises:
        BadInput: when a pre-check fails, or a drill cannot be started.
    """
    check_may_start(workspace)
    checks = look(workspace, plan.gameday, plan.stacks)
    for check in checks:
        word = {True: "met", False: "NOT met", None: "for you to see to"}[check.met]
        hands.say(f"pre-check: {check.what}: {word}" + (f" ({check.detail})" if check.detail else ""))
    failed = [f"{check.what}: {check.detail or 'not met'}" for check in checks if check.met is False]
    if failed:
        raise BadInput("the game day may not begin:\n" + "\n".join(failed))
    folder = new_folder(workspace, plan.name)
    record = GameDayRecord(
        id=folder.name,
        gameday=plan.name,
        path=str(plan.path),
        plan=plan.gameday,
        responder=chosen.responder,
        script=chosen.script,
        backend=chosen.backend,
        started=clock.wall(),
        checks=checks,
        entries=plan.entries,
        tocsin=__version__,
    )
    with held(folder):
        write_record(folder, record)
        return folder, _Running(workspace, folder, chosen, hands, record).run()


def resume_gameday(workspace: Workspace, folder: Path, chosen: Chosen, hands: Hands) -> tuple[Path, GameDayRecord]:
    """Go on with a game day that was interrupted: drills that came to a verdict are not run again.

    Raises:
        Blocked: when it is going on, or its last drill is still being undone.
        BadInput: when its record is broken, or a drill cannot be started.
    """
    with held(folder):
        record = read_record(folder)
        if record.responder != chosen.responder:
            hands.say(f"resumed with the responder that it was begun with: {record.responder}")
        kept = Chosen(record.responder, record.script, record.backend, chosen.confirmed)
        running = _Running(workspace, folder, kept, hands, record)
        for entry in record.entries:
            running.put(_again(workspace, entry, hands))
        running.save(state="running", reason="", ended=None)
        return folder, running.run()


def exit_code(record: GameDayRecord) -> int:
    """The gravest of its drills'; 3 when drills were left out although all of the others held."""
    codes = [EXIT_CODES[entry.verdict] for entry in record.entries if entry.verdict is not None]
    if record.state != "done":
        codes.append(EXIT_CODES["aborted"] if not any(codes) else 0)
    return max(codes, default=0)


def _again(workspace: Workspace, entry: DrillEntry, hands: Hands) -> DrillEntry:
    """An entry as it is taken up again."""
    fresh: dict[str, Any] = {"verdict": None, "reasons": [], "ended": None, "state": "waiting"}
    if entry.state == "skipped" or (entry.state == "done" and entry.verdict == "aborted"):
        return entry.model_copy(update=fresh)
    if entry.state != "running":
        return entry
    tape = workspace.runs / entry.run / "tape.db"
    if not entry.run or not tape.exists():
        return entry.model_copy(update=fresh | {"state": "interrupted"})
    _wait_until_undone(tape.with_name("ledger.jsonl"))
    try:
        if ended_by_itself(tape):
            return outcome(entry, tape, workspace.tapes()).model_copy(update={"state": "done", "ended": clock.wall()})
    except TocsinError as error:
        hands.say(f"the tape of {entry.run} cannot be read: {error.message}")
    hands.say(f"{entry.drill} was interrupted in the run {entry.run}: it is run again")
    return entry.model_copy(update=fresh | {"state": "interrupted"})


def _wait_until_undone(ledger: Path) -> None:
    """Until the guardian of a run is gone for good: it holds the stack to its last moment."""
    guard = guard_of(ledger)
    guardian = guard.guardian if guard is not None else None

    def over() -> bool:
        return not (ledger.exists() and is_held(ledger)) and (guardian is None or not is_same(guardian))

    if not clock.wait_until(over, timeout=UNDONE_WITHIN, every=_LOOK_EVERY):
        raise Blocked(
            f"the run {ledger.parent.name} is still being undone", hint="`tocsin recover` ends a guardian that hangs."
        )
