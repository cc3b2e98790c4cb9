"""A page is one file, valid by a strict parser, and what the tape quotes is text on it."""

import re
from xml.etree import ElementTree as ET

import html5lib
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.conftest import ROOT, Story

from tocsin.model import event as e
from tocsin.model.run import RunMeta
from tocsin.retro.documents import render_document, write_page
from tocsin.retro.html import render_page
from tocsin.retro.language import LANGUAGES
from tocsin.retro.written import Picture, Rendered
from tocsin.tape.store import Tape, TapeReader

TEMPLATES = ROOT / "runbooks" / "templates"
PAGE = TEMPLATES / "page.html.j2"
CHART = (
    '<svg xmlns="http://www.w3.org/2000/svg" id="chart-a" width="9" height="9"><g id="b"/><script>x()</script></svg>'
)


def _valid(text: str) -> ET.Element:
    """The page as a tree: strict by the standard's parser, and well-formed besides."""
    html5lib.HTMLParser(strict=True).parse(text)
    return ET.fromstring(text.replace("<!DOCTYPE html>", "", 1))  # noqa: S314 - our own text


def _page(text: str, *pictures: Picture) -> str:
    return render_page(Rendered("x.md", text, pictures), PAGE).text


@pytest.mark.parametrize("code", sorted(LANGUAGES))
def test_a_page_is_valid_self_contained_and_in_its_language(code: str, reader: TapeReader) -> None:
    say = LANGUAGES[code]
    document = render_document(reader, lambda name: TEMPLATES / name, say)
    page = render_page(document, PAGE, say)
    root = _valid(page.text)
    assert (page.name, list(page.pictures)) == ("incident.html", [])
    assert root.get("lang") == code
    elements = {element.tag.rpartition("}")[2] for element in root.iter()}
    assert not elements & {"script", "link", "img", "iframe", "object"}
    assert re.findall(r"(?:src|href)=\"(?!#)[^\"]*\"|url\(|@import", page.text) == []
    charts = [element for element in root.iter() if element.get("class") == "chart"]
    assert len(charts) == len(document.pictures) > 3


def test_every_identifier_is_there_once_and_every_link_has_its_end(reader: TapeReader) -> None:
    page = render_page(render_document(reader, lambda name: TEMPLATES / name), PAGE)
    root = _valid(page.text)
    names = [element.get("id") for element in root.iter() if element.get("id")]
    assert len(names) == len(set(names))
    ends = {str(element.get("href")).removeprefix("#") for element in root.iter() if element.get("href")}
    assert ends <= set(names)


def test_a_page_tells_what_the_markdown_tells(reader: TapeReader) -> None:
    document = render_document(reader, lambda name: TEMPLATES / name)
    root = _valid(render_page(document, PAGE).text)
    rows = len([line for line in document.text.splitlines() if line.startswith("|") and not line.startswith("|---")])
    assert len([element for element in root.iter() if element.tag == "tr"]) == rows
    titles = [line.lstrip("# ") for line in document.text.splitlines() if re.match("#{1,3} ", line)]
    told = ["".join(element.itertext()) for element in root.iter() if re.fullmatch("h[1-3]", element.tag)]
    assert told == titles


def test_what_the_tape_quotes_is_never_markup(
    story: Story, meta: RunMeta, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("evil")
    evil = "<script>alert(1)</script><img src=x onerror=alert(1)> ![x](https://example.org/x.png)"
    with Tape.create(folder / "tape.db", meta) as tape:
        for t, data in [*story, (157.5, e.Note(text=evil)), (157.6, e.AbortRequested(by="x", reason=evil))]:
            tape.append(t, meta.started + t, data)
    with TapeReader.open(folder / "tape.db") as reader:
        path = write_page(reader, folder, lambda name: TEMPLATES / name)
    assert path.name == "incident.html"
    root = _valid(path.read_text(encoding="utf-8"))
    assert not [element for element in root.iter() if element.tag in ("script", "img")]
    assert "<script>alert(1)</script>" in "".join(root.itertext())


def test_charts_keep_their_styles_and_lose_script_and_shared_names() -> None:
    page = _page(
        "# T\n\n![one](a.svg)\n\n![two](b.svg)\n", Picture("a.svg", "one", CHART), Picture("b.svg", "two", CHART)
    )
    assert 'id="a-svg-b"' in page
    assert 'id="b-svg-b"' in page
    assert "x()" not in page
    assert 'aria-label="one"' in page
    assert ' width="9"' not in page


def test_a_column_of_figures_is_set_flush_right_with_its_heading() -> None:
    page = _page("# T\n\n| name | took | note |\n|---|---|---|\n| a | 1.5 s | 3 |\n| b | – | none |\n")
    assert '<th class="figure">took</th>' in page
    assert "<th>name</th>" in page
    assert "<th>note</th>" in page
    assert page.count('<td class="figure">') == 3


def test_details_and_marks_are_read_and_other_html_is_not() -> None:
    page = _page("# T\n\n<!-- tocsin:x -->\n<details><summary>more</summary>\n\n- a\n\n</details>\n\n<b>no</b>\n")
    assert "<summary>more</summary>" in page
    assert "tocsin:x" not in page
    assert "&lt;b&gt;no&lt;/b&gt;" in page
    _valid(page)


@settings(max_examples=40)
@given(st.text(st.characters(exclude_categories=["C"]), max_size=200))
def test_any_text_makes_a_valid_page(text: str) -> None:
    _valid(_page(f"# Title\n\n{text}\n\n| a | b |\n|---|---|\n| {text.replace(chr(10), ' ')} | 1 |\n"))
