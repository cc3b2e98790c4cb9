"""A document before it is written: its text and its pictures; and how files are written."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Picture:
    """A picture beside the document: its file name, caption and SVG text."""

    name: str
    caption: str
    svg: str


@dataclass(frozen=True)
class Rendered:
    """A document as it will be written: its file name, its Markdown and its pictures."""

    name: str
    text: str
    pictures: Sequence[Picture]


def write_files(document: Rendered, folder: Path) -> Path:
    """Write a document and its pictures into ``folder`` and return the document's path."""
    folder.mkdir(parents=True, exist_ok=True)
    for picture in document.pictures:
        replace_file(folder / picture.name, picture.svg)
    path = folder / document.name
    replace_file(path, document.text)
    return path


def replace_file(path: Path, text: str) -> None:
    """Write a file in one step, so that a reader never sees half of it."""
    draft = path.with_name(f".{path.name}.new")
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)
