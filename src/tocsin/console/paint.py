"""Colours by what they mean, taken from the theme in force, so that light and dark both work."""

from functools import lru_cache
from typing import TYPE_CHECKING

from rich.style import Style
from textual.color import Color

if TYPE_CHECKING:
    from textual.widget import Widget

MEANINGS = {
    "plain": "foreground", "dim": "foreground", "good": "text-success", "warn": "text-warning", "bad": "text-error",
    "first": "text-primary", "second": "text-warning", "third": "text-error", "fourth": "text-success",
    "truth": "text-secondary", "signal": "text-error", "belief": "text-primary", "action": "text-success",
    "run": "foreground", "title": "text-accent",
}  # fmt: skip
"""Theme variable by meaning."""

_FAINT = ("dim", "run")
_BOLD = ("title",)


def paint(widget: "Widget", meaning: str) -> Style:
    """The style for one meaning."""
    variables = widget.app.theme_variables
    return _style(meaning, variables[MEANINGS[meaning]], variables["background"])


@lru_cache(maxsize=128)
def _style(meaning: str, colour: str, background: str) -> Style:
    ink = Color.parse(colour)
    if meaning in _FAINT:
        ink = ink.blend(Color.parse(background), 0.4)
    return Style(color=ink.rich_color, bold=meaning in _BOLD)


def clock_text(t: float) -> str:
    """Seconds since the start as minutes and seconds with tenths."""
    minutes, seconds = divmod(max(0.0, t), 60)
    return f"{int(minutes):02d}:{seconds:04.1f}"
