"""The trend over game days of one name, as charts: scores by drill, and how long detection and mitigation took."""

from collections.abc import Callable, Sequence

import numpy as np

from tocsin.model.gameday import DrillEntry, GameDayRecord
from tocsin.retro.gameday.standing import done, times
from tocsin.retro.language import ENGLISH, Language
from tocsin.retro.plot import Plot, draw, slug
from tocsin.retro.written import Picture


def trend(records: Sequence[GameDayRecord], say: Language) -> list[Picture]:
    """Charts over the game days, oldest first; none for a single one, and none where nothing was measured."""
    if len(records) < 2:
        return []
    wanted: dict[str, tuple[str, Callable[[DrillEntry], float | None]]] = {
        "score": ("/100", lambda entry: entry.score),
        "detected": ("s", lambda entry: times(entry)["TTD"]),
        "mitigated": ("s", lambda entry: times(entry)["TTM"]),
    }
    pictures = []
    for name, (unit, read) in wanted.items():
        plot = _plot(records, name, unit, read, say)
        if plot.lines:
            pictures.append(Picture(f"trend-{name}.svg", say(f"gameday.trend.{name}"), draw(plot)))
    return pictures


def _plot(
    records: Sequence[GameDayRecord], name: str, unit: str, read: Callable[[DrillEntry], float | None], say: Language
) -> Plot:
    title = f"gameday.trend.{name}"
    numbers = np.arange(1, len(records) + 1, dtype=np.float64)
    ticks = [float(number) for number in numbers]
    plot = Plot(say(title), unit, x_title=say("gameday.axis"), slug=slug(ENGLISH(title)), ticks=ticks)
    for drill in dict.fromkeys(entry.drill for record in records for entry in done(record)):
        values = [_mean([read(entry) for entry in done(record) if entry.drill == drill]) for record in records]
        plot.line(drill, numbers, np.array(values))
    if name == "score" and plot.lines:
        plot.top = 100.0
    return plot


def _mean(values: Sequence[float | None]) -> float:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else float("nan")
