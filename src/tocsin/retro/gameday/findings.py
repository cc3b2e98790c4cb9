"""What was not as it should be or as it used to be: surprises, and findings with the day of their re-test."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import median

from tocsin.model.gameday import DrillEntry, GameDayRecord
from tocsin.retro.gameday.standing import done, times
from tocsin.retro.language import Language

SOON, LATER = 28, 56
"""Days until a re-test: four weeks after a drill that was not held, eight after one that scored low in something."""
LOW = 0.5
"""Share of a line's points below which it is a finding."""
SLOWER, NOTICEABLE = 1.5, 5.0
"""How many times as long as it used to, and how many seconds longer, is a surprise."""


@dataclass(frozen=True)
class Finding:
    """Something to mend: where it was seen, until when it is tried again (a date), and the command that does."""

    drill: str
    text: str
    retest: str
    command: str


def surprises(record: GameDayRecord, earlier: Sequence[GameDayRecord], say: Language) -> list[str]:
    """Sentences that follow from the figures of the drills, in their order."""
    return [text for entry in done(record) for text in _of(entry, earlier, say)]


def findings(record: GameDayRecord, say: Language) -> list[Finding]:
    """What has to be tried again, and until when; the most urgent first."""
    found = [one for entry in done(record) for one in _from(entry, record, say)]
    return sorted(found, key=lambda one: one.retest)


def _of(entry: DrillEntry, earlier: Sequence[GameDayRecord], say: Language) -> Iterator[str]:
    stamps = entry.stamps
    if entry.verdict != "held":
        yield say("gameday.not_held", drill=entry.drill, verdict=entry.verdict, reasons="; ".join(entry.reasons) or "–")
    if stamps.injected is None and stamps.detected is not None:
        yield say("gameday.alarm", drill=entry.drill, at=stamps.detected)
    if stamps.injected is not None and stamps.detected is None:
        yield say("gameday.undetected", drill=entry.drill)
    if stamps.detected is not None and stamps.injected is not None and stamps.mitigated is None:
        yield say("gameday.unmitigated", drill=entry.drill)
    if entry.attempts > 1:
        yield say("gameday.attempts", drill=entry.drill, count=entry.attempts)
    yield from _slower(entry, earlier, say)


def _slower(entry: DrillEntry, earlier: Sequence[GameDayRecord], say: Language) -> Iterator[str]:
    """Durations that are clearly longer than they used to be in the same drill."""
    before = [times(one) for record in earlier for one in done(record) if one.drill == entry.drill]
    for name, seconds in times(entry).items():
        known = [value for one in before if (value := one[name]) is not None]
        if seconds is None or not known or " " in name:
            continue
        usual = median(known)
        if seconds > max(SLOWER * usual, usual + NOTICEABLE):
            yield say("gameday.slower", drill=entry.drill, name=name, seconds=seconds, usual=usual, count=len(known))


def _from(entry: DrillEntry, record: GameDayRecord, say: Language) -> Iterator[Finding]:
    command = f"tocsin run {entry.drill} --seed {entry.seed}" + (
        f" --variant {entry.plan.variant}" if entry.plan.variant else ""
    )
    if entry.verdict != "held":
        text = "; ".join(entry.reasons) or say("gameday.verdict", verdict=entry.verdict)
        yield Finding(entry.drill, text, _date(record, SOON), command)
    for line in entry.score_lines:
        if line.of > 0 and line.points < LOW * line.of:
            name = f"score.name.{line.name}"
            named = say(name) if name in say.phrases else line.name
            text = say("gameday.low", name=named, points=line.points, of=line.of, why=line.why)
            yield Finding(entry.drill, text, _date(record, LATER), command)


def _date(record: GameDayRecord, days: int) -> str:
    """So many days after the game day was over."""
    moment = record.ended if record.ended is not None else record.started
    return datetime.fromtimestamp(moment + days * 86400.0, UTC).strftime("%Y-%m-%d")
