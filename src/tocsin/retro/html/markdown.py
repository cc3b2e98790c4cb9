"""Markdown to HTML: what our templates write and nothing more; whatever the tape quotes is text, never markup.

Raw HTML is off. Two things that the templates write are read all the same: a ``<details>`` block with its summary, and
the marks of a runbook's blocks, which leave no trace.
"""

import re
from collections.abc import Mapping, MutableMapping, Sequence
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_block import StateBlock
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from markdown_it.utils import OptionsDict

from tocsin.retro.html.picture import inline

_DETAILS = re.compile(r"<details><summary>([^<]*)</summary>")
_MARK = re.compile(r"<!-- /?tocsin:[\w-]+ -->")
_FIGURE = re.compile(r"[–+-]?[\d.,]+([ ]?(%|s|ms|초|records|cores|MiB|코어))?|–")


def parser() -> MarkdownIt:
    """A parser for our documents."""
    markdown = MarkdownIt("commonmark", {"html": False, "xhtmlOut": True}).enable("table")
    markdown.block.ruler.before("html_block", "details", _details, {"alt": ["paragraph"]})
    markdown.core.ruler.push("anchors", _anchors)
    markdown.core.ruler.push("figures", _figures)
    markdown.add_render_rule("table_open", _table_open)
    markdown.add_render_rule("table_close", _table_close)
    markdown.add_render_rule("image", _image)
    return markdown


def headings(tokens: Sequence[Token], level: str = "h2") -> list[tuple[str, str]]:
    """(anchor, text) of every heading of a level."""
    found = []
    for number, token in enumerate(tokens):
        if token.type == "heading_open" and token.tag == level:
            found.append((str(token.attrs["id"]), _text(tokens[number + 1])))
    return found


def _details(state: StateBlock, start: int, _end: int, silent: bool) -> bool:  # noqa: FBT001 - markdown-it's own shape
    line = state.src[state.bMarks[start] + state.tShift[start] : state.eMarks[start]].strip()
    opened = _DETAILS.fullmatch(line)
    if opened is None and line != "</details>" and _MARK.fullmatch(line) is None:
        return False
    if silent:
        return True
    state.line = start + 1
    if opened is not None:
        state.push("details_open", "details", 1)
        state.push("summary_open", "summary", 1)
        inner = state.push("inline", "", 0)
        inner.content, inner.map, inner.children = opened.group(1), [start, start + 1], []
        state.push("summary_close", "summary", -1)
    elif line == "</details>":
        state.push("details_close", "details", -1)
    return True


def _anchors(state: StateCore) -> None:
    """Every heading gets an anchor of its own."""
    taken: set[str] = set()
    for number, token in enumerate(state.tokens):
        if token.type == "heading_open":
            base = re.sub(r"\W+", "-", _text(state.tokens[number + 1]).lower()).strip("-") or "section"
            name, count = base, 1
            while name in taken:
                count += 1
                name = f"{base}-{count}"
            taken.add(name)
            token.attrs["id"] = name


def _figures(state: StateCore) -> None:
    """Cells that hold one figure are set flush right, and so is the heading of a column of nothing else."""
    heads: list[Token] = []
    column = 0
    for number, token in enumerate(state.tokens):
        if token.type == "tr_open":
            column = 0
        elif token.type == "thead_open":
            heads = []
        elif token.type == "th_open":
            token.attrs["class"] = "figure"
            heads.append(token)
        elif token.type == "td_open":
            if _FIGURE.fullmatch(state.tokens[number + 1].content.strip()):
                token.attrs["class"] = "figure"
            else:
                heads[column].attrs.pop("class", None)
            column += 1


def _text(inner: Token) -> str:
    return "".join(child.content for child in inner.children or [] if child.type in ("text", "code_inline"))


def _table_open(renderer: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: Any) -> str:
    """A table scrolls by itself where it is wider than the page, by keyboard as well."""
    return f'<div class="table" tabindex="0">{renderer.renderToken(tokens, index, options, env)}'


def _table_close(renderer: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: Any) -> str:
    return f"{renderer.renderToken(tokens, index, options, env)}</div>\n"


def _image(
    renderer: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: MutableMapping[str, Any]
) -> str:
    """The picture itself in place of the reference to it."""
    pictures: Mapping[str, str] = env.get("pictures", {})
    caption = renderer.renderInlineAsText(tokens[index].children, options, env)
    name = str(tokens[index].attrs["src"])
    return inline(pictures[name], caption, name) if name in pictures else caption
