"""The incident document comes from the tape alone, whole, and byte for byte the same each time."""

import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from tests.conftest import ROOT, Story, breach

from tocsin.model import event as e
from tocsin.model.run import RunMeta
from tocsin.model.verdict import DURATION_DEFINITIONS, STAMP_DEFINITIONS
from tocsin.retro import write_incident
from tocsin.tape.store import Tape, TapeReader

TEMPLATE = ROOT / "runbooks" / "templates" / "incident.md.j2"
SECTIONS = (
    "Summary", "Impact", "Timeline", "Truth against belief", "Detection", "Classification", "Response",
    "Scale", "Data integrity", "What went well", "What went badly", "luck", "Action items", "Stamps and durations",
    "Cause, trigger and resolution", "error budget by phase", "Severity", "The detection gap", "How it spread",
    "Glossary", "Criteria", "What the servers took down",
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


def _section(text: str, heading: str) -> str:
    return text.split(f"{heading}\n", 1)[1].split("\n## ", 1)[0]


@pytest.fixture
def text(reader: TapeReader, tmp_path: Path) -> str:
    return write_incident(reader, tmp_path, TEMPLATE).read_text(encoding="utf-8")


def test_the_budget_spent_stands_by_phase_with_how_long_each_lasted(text: str) -> None:
    section = _section(text, "### Bad events and error budget by phase")
    rows = {line.split("|")[1].strip(): line for line in section.splitlines() if line.startswith("| ")}
    assert "| undetected | 92.5 | 96.5 | 4.0 s |" in rows["undetected"]
    assert "| acting | 102.6 | 107.0 | 4.4 s |" in rows["acting"]
    spent = [
        float(re.findall(r": ([\d.]+) s \|", rows[name])[-1])
        for name in ("undetected", "unclassified", "undecided", "acting", "recovering")
    ]
    total = float(re.findall(r": ([\d.]+) s \|", rows["**all**"])[-1])
    assert sum(spent) == pytest.approx(total, abs=0.3)
    assert total > 100
    assert "Not one bad event: product-latency" in section


def test_the_gap_says_what_took_how_long_and_why(text: str) -> None:
    section = _section(text, "### The detection gap")
    assert (
        "From the fault to the first page (coupon-issue-lag): 4.1 s. Users felt it for 4.0 s before that page."
        in section
    )
    assert re.search(r"\| rule \| 92.5 \| 95.5 \| 3.0 s \| the CUSUM rule gathers evidence", section)
    assert 'The longest step was "rule" with 3.0 s of 4.1 s' in section


def test_every_stamp_and_duration_is_defined(text: str) -> None:
    for name, definition in STAMP_DEFINITIONS.items():
        assert re.search(rf"\| {name} \| [^|]+ \| {re.escape(definition)} \|", text), name
    for name, (first, second, meaning) in DURATION_DEFINITIONS.items():
        assert re.search(rf"\| {name} \| [^|]+ \| {first} \| {second} \| {re.escape(meaning)} \|", text), name


def test_what_a_remedy_did_and_that_a_restart_puts_nothing_back(text: str) -> None:
    assert "**What it did:** restart of coupon-issuer helped: coupon-issue-lag went from" in text
    assert "| did nothing | no remedy that was carried out |" in text
    assert "put back" not in text.split("## Glossary", maxsplit=1)[0]


def _document_of(story: Story, meta: RunMeta, folder: Path) -> str:
    with Tape.create(folder / "tape.db", meta) as tape:
        for t, data in story:
            tape.append(t, meta.started + t, data)
    with TapeReader.open(folder / "tape.db") as reader:
        return write_incident(reader, folder / "document", TEMPLATE).read_text(encoding="utf-8")


def test_a_silence_without_a_broken_slo_is_not_called_something_that_users_felt(
    story: Story, meta: RunMeta, tmp_path: Path
) -> None:
    silence = breach(slo="target_down").model_copy(update={"rule": "target_absent"})
    quiet = [(t, e.Breached(breach=silence) if isinstance(data, e.Breached) else data) for t, data in story]
    found = _document_of(quiet, meta, tmp_path)
    assert "users felt it from" not in found
    assert "Users felt it" not in found
    assert "no objective was judged broken, but target_down spoke of silence from 92.5 s on" in found
    assert "silence begins (target_down); no SLO was judged broken" in found


def test_every_severity_is_shown_with_its_time(story: Story, meta: RunMeta, tmp_path: Path) -> None:
    mild = [(t, d.model_copy(update={"severity": "SEV3"}) if isinstance(d, e.Declared) else d) for t, d in story]
    worse = (100.6, e.Declared(severity="SEV1", bad_share=0.9, slo="coupon-issue-lag"))
    found = _document_of([*mild, worse], meta, tmp_path)
    assert "| SEV3 | 96.6 s | 4.0 s |" in found
    assert "| SEV1 | 100.6 s | 10.4 s |" in found
    assert "\nseverity: SEV1\n" in found
    assert "review_by: 2023-11-17" in found  # three days after a SEV1


def test_the_list_shown_is_the_one_that_was_acted_on(text: str) -> None:
    section = _section(text, "## Classification")
    assert "confidence 90%" in section
    assert "1. **kafka.consumer_pause on coupon-issuer**, confidence 90 %" in section


def test_the_drill_s_hypothesis_and_the_messages_are_told(text: str) -> None:
    expectations = _section(text, "## Expectations")
    assert "when kafka.consumer_pause strikes coupon-issuer for 60.0 s, the page comes within 20.0 s" in expectations
    assert "Result: **held**." in expectations
    messages = _section(text, "## Messages")
    assert "- To users: From 22:14:52 to 22:15:11 UTC: Whoever asks for a coupon" in messages
    assert "restart of coupon-issuer at 22:15:02: helped; resolved at 22:15:11" in messages


def test_what_was_spent_of_a_month_s_budget(text: str) -> None:
    spent = float(re.findall(r"Of the budget of 30 days at this traffic: coupon-issue-lag ([\d.]+)%", text)[0])
    seconds = float(re.findall(r"\| \*\*all\*\* .*: ([\d.]+) s \|", text)[0])
    assert spent == pytest.approx(seconds / 2_592_000 * 100, rel=0.1)


@pytest.mark.parametrize("cut", [0, 3, 5, 7, 9, 12, 14, 16, 20, 24])
def test_a_run_that_ended_anywhere_has_a_document(cut: int, story: Story, meta: RunMeta, tmp_path: Path) -> None:
    found = _document_of(story[:cut], meta, tmp_path)
    assert re.findall(r"\bNone\b(?![.:]| were)|\bnan\b|Undefined", found) == []
    assert "## Glossary" in found


def test_a_false_alarm_has_a_document(story: Story, meta: RunMeta, tmp_path: Path) -> None:
    truth = ("injected", "bit", "lifted", "reverted")
    untouched = [(t, d) for t, d in story if d.kind not in truth]
    found = _document_of(untouched, meta, tmp_path)
    assert "although nothing was broken" in found
    assert "From the first trace to the first page" in found
    assert "| trigger | none: nothing was broken |" in found


def test_a_criterion_met_on_a_small_machine_is_not_passed_off_as_met_at_full_size(
    reader: TapeReader, tmp_path: Path
) -> None:
    text = write_incident(reader, tmp_path, TEMPLATE).read_text(encoding="utf-8")
    row = next(line for line in text.splitlines() if line.startswith("| 95 % of coupons |"))
    assert [cell.strip() for cell in row.split("|")[1:-1]] == [
        "95 % of coupons", "< 100 ms", "40 ms", "met at scale 0.5", "0.5",
    ]  # fmt: skip
    assert "| lag | < 1 ms | – | not measured | 0.5 |" in text


def test_people_are_named_with_their_roles_and_what_they_declared_is_not_called_measured(
    story: Story, meta: RunMeta, tmp_path: Path
) -> None:
    human = meta.model_copy(update={"responder": "human"})
    lines: Story = [(60.0, e.PersonAttached(who="Ann | Bo", role="commander"))]
    for t, data in story:
        own = e.Declared(severity="SEV2", bad_share=0.0, slo="", who="Ann | Bo", role="commander")
        lines.append((t, own if isinstance(data, e.Declared) else data))
    found = _document_of(lines, human, tmp_path)
    assert r"| who responded | human responder: Ann \| Bo (commander) |" in found
    assert "as people declared it, who may lower it again" in found
    assert "declared SEV2 by Ann" in found
    assert "| SEV2 | 96.6 s | 14.4 s | – | 0.0% |" in found
