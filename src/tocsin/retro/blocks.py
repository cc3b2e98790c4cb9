"""Marked blocks of a Markdown page: Tocsin keeps what is inside, people keep everything else."""

import re


def begin(name: str) -> str:
    """The mark before a block; invisible where Markdown is rendered."""
    return f"<!-- tocsin:{name} -->"


def end(name: str) -> str:
    """The mark after a block."""
    return f"<!-- /tocsin:{name} -->"


def read_block(page: str, name: str) -> str | None:
    """What stands in a block; None when the page has none of that name."""
    found = _pattern(name).search(page)
    return found.group(1).strip("\n") if found else None


def write_block(page: str, name: str, text: str) -> str:
    """The page with the block's content replaced; a block that somebody removed comes back at the end."""
    block = f"{begin(name)}\n{text}\n{end(name)}"
    if _pattern(name).search(page):
        return _pattern(name).sub(lambda _: block, page, count=1)
    return f"{page.rstrip()}\n\n{block}\n"


def _pattern(name: str) -> re.Pattern[str]:
    return re.compile(re.escape(begin(name)) + r"\n?(.*?)\n?" + re.escape(end(name)), re.DOTALL)
