"""Game days: several drills as one exercise, with a record that survives an interruption."""

from tocsin.gameday.plan import Chosen, GameDayPlan, read_gameday
from tocsin.gameday.record import newest_record, read_record, records
from tocsin.gameday.runner import Hands, begin_gameday, exit_code, resume_gameday

__all__ = [
    "Chosen", "GameDayPlan", "Hands", "begin_gameday", "exit_code", "newest_record", "read_gameday", "read_record",
    "records", "resume_gameday",
]  # fmt: skip
