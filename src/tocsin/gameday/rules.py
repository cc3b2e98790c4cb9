"""When a game day ends before its last drill."""

from tocsin.model.gameday import DrillEntry, GameDay, GameDayRecord


def stop_after(gameday: GameDay, record: GameDayRecord, entry: DrillEntry) -> str:
    """Why the game day ends after a drill; empty when it goes on. What was left behind always ends it."""
    rule = gameday.stop_if
    if entry.verdict == "unclean" or entry.verdict in rule.verdicts:
        return f"{entry.drill} was {entry.verdict}"
    if entry.verdict != "held" and gameday.on_failure == "stop":
        return f"{entry.drill} was {entry.verdict}, and the game day stops on failure"
    failed = len(record.failures)
    if rule.failures is not None and failed >= rule.failures:
        return f"{failed} drills were not held, {rule.failures} are enough"
    return ""


def stop_before(gameday: GameDay, seconds: float) -> str:
    """Why no further drill is begun, ``seconds`` after the game day was (re)started; empty when one may be."""
    longest = gameday.stop_if.longer_than
    if longest is None or seconds <= longest:
        return ""
    return f"it has gone on for {seconds:.0f} s, {longest:g} s are allowed"
