"""Game days: several drills as one exercise, with a record that survives an interruption.

What plays them is in :mod:`tocsin.gameday.runner`, which brings the director and everything that draws.
"""

from tocsin.gameday.plan import Chosen, GameDayPlan, read_gameday
from tocsin.gameday.record import newest_record, read_record, records

__all__ = ["Chosen", "GameDayPlan", "newest_record", "read_gameday", "read_record", "records"]
