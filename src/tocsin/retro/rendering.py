"""Rendering a Markdown template: strict about names, with the few filters that documents need."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateError

from tocsin.errors import BadInput
from tocsin.retro.language import ENGLISH, Language
from tocsin.tape.replay import figures


def render(template: Path, context: dict[str, Any], *, html: bool = False) -> str:
    """The rendered text, ending in one newline; in the language ``say`` of the context, escaped where it is HTML.

    Raises:
        BadInput: when the template is wrong, naming it.
    """
    say: Language = context.get("say", ENGLISH)
    environment = Environment(
        loader=FileSystemLoader(template.parent),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=False,
        autoescape=html,  # noqa: S701 - Markdown is no HTML
    )
    environment.filters |= {
        "cell": cell,
        "secs": say.seconds,
        "bare": bare,
        "share": share,
        "fine_share": fine_share,
        "figure": figure,
        "figures": figures,
        "sentence": say.sentence,
        "doer": say.doer,
    }
    try:
        return environment.get_template(template.name).render(context).rstrip() + "\n"
    except TemplateError as error:
        raise BadInput(f"{template}: the template does not render: {error}") from error


def cell(text: object) -> str:
    """Text that may stand in a table: no line break, no bar that would end the cell."""
    return str(text).replace("|", "\\|").replace("\n", " ")


def table(headings: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table."""
    lines = ["| " + " | ".join(headings) + " |", "|" + "---|" * len(headings)]
    return "\n".join(lines + ["| " + " | ".join(map(cell, row)) + " |" for row in rows])


def bare(value: float | None) -> str:
    """Seconds with one decimal and no unit, for columns that name it; a dash for what did not happen."""
    return "–" if value is None else f"{value:.1f}"


def share(value: float | None) -> str:
    """A share in percent."""
    return "–" if value is None else f"{value:.1%}"


def fine_share(value: float) -> str:
    """A small share in percent, with two significant digits."""
    return f"{value * 100:.2g}%"


def figure(value: float | None) -> str:
    """A figure with three significant digits, in full where it is large; a dash where there is none."""
    if value is None:
        return "–"
    return f"{value:.0f}" if abs(value) >= 1000 else f"{value:.3g}"
