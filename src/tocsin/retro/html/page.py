"""The page around a document: its facts, its contents, its styles."""

import re
from pathlib import Path

from tocsin.retro.html.markdown import headings, parser
from tocsin.retro.language import ENGLISH, Language
from tocsin.retro.rendering import render
from tocsin.retro.written import Rendered

PAGE = "page.html.j2"
"""The template of a page."""
_FRONT = re.compile(r"\A---\n(.*?)\n---\n", re.DOTALL)
_TITLE = re.compile(r"^# (.+)$", re.MULTILINE)
_ENOUGH = 3
"""Sections from which on a page has a list of its contents."""


def render_page(document: Rendered, template: Path, say: Language = ENGLISH) -> Rendered:
    """The document as one HTML file that needs no other.

    Raises:
        BadInput: when the template does not render.
    """
    found = _FRONT.match(document.text)
    body = document.text[found.end() :] if found else document.text
    title = _TITLE.search(body)
    markdown = parser()
    tokens = markdown.parse(body)
    env = {"pictures": {picture.name: picture.svg for picture in document.pictures}}
    contents = headings(tokens)
    context = {
        "say": say,
        "language": say.code,
        "title": title.group(1) if title else document.name,
        "facts": _facts(found.group(1)) if found else [],
        "contents": contents if len(contents) >= _ENOUGH else [],
        "body": markdown.renderer.render(tokens, markdown.options, env),
    }
    return Rendered(f"{Path(document.name).stem}.html", render(template, context, html=True), [])


def _facts(front: str) -> list[tuple[str, str]]:
    """The lines of the front matter: (name, value)."""
    return [(name, value.strip()) for name, _, value in (line.partition(":") for line in front.splitlines())]
