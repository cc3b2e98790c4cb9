"""The incident document comes from the tape alone, whole, and byte for byte the same each time."""

import re
from pathlib import Path
from xml.etree import ElementTree as ET

from tests.conftest import ROOT

from tocsin.retro import write_incident
from tocsin.tape.store import TapeReader

TEMPLATE = ROOT / "runbooks" / "templates" / "incident.md.j2"
SECTIONS = (
    "Summary", "Impact", "Timeline", "Truth against belief", "Detection", "Classification", "Response",
    "Scale", "Data integrity", "What went well", "What went badly", "luck", "Action items", "Stamps and durations",
)  # fmt: skip


def test_two_documents_of_one_tape_are_byte_identical(reader: TapeReader, tmp_path: Path) -> None:
    first = write_incident(reader, tmp_path / "a", TEMPLATE).parent
    second = write_incident(reader, tmp_path / "b", TEMPLATE).parent
    names = sorted(path.name for path in first.iterdir())
    assert names == sorted(path.name for path in second.iterdir())
    assert [name for name in names if (first / name).read_bytes() != (second / name).read_bytes()] == []


def test_every_section_that_a_document_must_have_is_there(reader: TapeReader, tmp_path: Path) -> None:
    text = write_incident(reader, tmp_path, TEMPLATE).read_text(encoding="utf-8")
    headings = "\n".join(line for line in text.splitlines() if line.startswith("#"))
    assert [name for name in SECTIONS if name.lower() not in headings.lower()] == []


def test_nothing_unfilled_is_left_in_the_text(reader: TapeReader, tmp_path: Path) -> None:
    text = write_incident(reader, tmp_path, TEMPLATE).read_text(encoding="utf-8")
    assert re.findall(r"\{\{|\}\}|\{%|\bNone\b|\bnan\b|Undefined", text) == []


def test_every_picture_is_there_is_an_svg_and_is_used(reader: TapeReader, tmp_path: Path) -> None:
    text = write_incident(reader, tmp_path, TEMPLATE).read_text(encoding="utf-8")
    used = set(re.findall(r"\]\(([\w-]+\.svg)\)", text))
    assert used == {path.name for path in tmp_path.glob("*.svg")}
    assert {"lanes.svg", "slo.svg", "belief.svg"} <= used
    for name in used:
        assert ET.parse(tmp_path / name).getroot().tag.endswith("svg")  # noqa: S314 - our own file


def test_every_line_of_the_timeline_has_its_evidence(reader: TapeReader, tmp_path: Path) -> None:
    text = write_incident(reader, tmp_path, TEMPLATE).read_text(encoding="utf-8")
    section = text.split("## Timeline", 1)[1].split("\n## ", 1)[0]
    rows = [line for line in section.splitlines() if re.match(r"\| [\d.]+ \|", line)]
    assert len(rows) > 10
    assert [row for row in rows if any(not cell.strip() for cell in re.split(r"(?<!\\)\|", row)[1:-1])] == []


def test_the_figures_of_the_story_are_told(reader: TapeReader, tmp_path: Path) -> None:
    text = write_incident(reader, tmp_path, TEMPLATE).read_text(encoding="utf-8")
    assert "kafka.consumer_pause" in text
    assert "| TTD | 4.0 s |" in text  # impact 92.5 to detected 96.5
    assert "lag_records was predicted as 20 and came to 22" in text
    assert "lag_drain_seconds was predicted as 4 and came to 9" in text
    assert "| 4 | 9 | +125 % |" in text
