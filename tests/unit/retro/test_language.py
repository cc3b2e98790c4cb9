"""Every phrase is there in every language, holds the same figures, and every document comes out whole in each."""

import re
from string import Formatter
from typing import get_args

import pytest
from jinja2 import Environment
from tests.conftest import ROOT, Story

from tocsin.model import event as e
from tocsin.model.run import RunMeta
from tocsin.model.verdict import DURATION_DEFINITIONS, STAMP_DEFINITIONS
from tocsin.retro import update_runbook
from tocsin.retro.documents import render_document
from tocsin.retro.language import ENGLISH, KOREAN, LANGUAGES, Language
from tocsin.retro.language.events import korean
from tocsin.retro.timeline import _LEFT_OUT
from tocsin.tape.store import Tape, TapeReader

TEMPLATES = ROOT / "runbooks" / "templates"
HANGUL = re.compile(r"[가-힣]")


def _fields(phrase: str) -> set[tuple[str, str]]:
    return {(name, spec or "") for _, name, spec, _ in Formatter().parse(phrase) if name is not None}


@pytest.mark.parametrize("other", [language for language in LANGUAGES.values() if language is not ENGLISH])
def test_a_phrase_exists_in_every_language_with_the_same_figures(other: Language) -> None:
    assert sorted(other.phrases) == sorted(ENGLISH.phrases)
    unlike = [name for name, text in ENGLISH.phrases.items() if _fields(text) != _fields(other.phrases[name])]
    assert unlike == []


def test_what_is_korean_is_korean() -> None:
    bare = {name: re.sub(r"\{[^}]*\}", "", text) for name, text in KOREAN.phrases.items()}
    assert [name for name, text in bare.items() if re.search("[A-Za-z]{2}", text) and not HANGUL.search(text)] == []


def test_every_phrase_is_used_and_every_phrase_used_is_there() -> None:
    sources = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "src/tocsin/retro").rglob("*.py")
                      if path.name not in ("en.py", "ko.py"))  # fmt: skip
    sources += "".join(path.read_text(encoding="utf-8") for path in TEMPLATES.rglob("*.j2"))
    said = set(re.findall(r"say\(\s*[\"']([\w .]+)[\"']", sources))
    assert said - set(ENGLISH.phrases) - {name for name in said if name.endswith(".")} == set()
    built = set(re.findall(r"\"(\w+\.)(?:\" ~|\{)", sources)) | {"caption.", "head."}
    unused = [
        name
        for name in ENGLISH.phrases
        if f'"{name}"' not in sources and not any(name.startswith(beginning) for beginning in built)
    ]
    assert unused == []


def test_every_stamp_and_duration_is_defined_in_every_language() -> None:
    for language in LANGUAGES.values():
        assert all(f"stamp.{name}" in language.phrases for name in STAMP_DEFINITIONS)
        assert all(f"duration.{name}" in language.phrases for name in DURATION_DEFINITIONS)


def test_every_kind_of_event_that_a_timeline_shows_has_a_korean_sentence() -> None:
    kinds = get_args(get_args(e.EventData)[0])
    default = korean.dispatch(object)
    missing = [kind.__name__ for kind in kinds if kind not in _LEFT_OUT and korean.dispatch(kind) is default]
    assert missing == []


@pytest.mark.parametrize("name", sorted(path.relative_to(TEMPLATES / "ko").as_posix()
                                        for path in (TEMPLATES / "ko").rglob("*.j2")))  # fmt: skip
def test_a_korean_template_tells_what_the_english_one_tells(name: str) -> None:
    """The same values are shown, however they are put in a sentence."""

    def shown(text: str) -> set[str]:
        return set(re.findall(r"(?:state|meta|graded|one|action|effect|item|row|phase|found|step)\.[\w.]+", text))

    english, other = ((TEMPLATES / folder / name).read_text(encoding="utf-8") for folder in ("", "ko"))
    Environment(autoescape=True).parse(other)
    assert shown(english) - shown(other) == set()


@pytest.mark.parametrize("name", ["incident.md.j2", "runbook.md.j2", "measurement.md.j2"])
def test_both_languages_have_as_many_sections_and_tables(name: str) -> None:
    english, other = ((TEMPLATES / folder / name).read_text(encoding="utf-8") for folder in ("", "ko"))
    for pattern in (r"(?m)^#+ ", r"(?m)^\|---", r"<!-- /?tocsin:[\w-]+ -->"):
        assert len(re.findall(pattern, english)) == len(re.findall(pattern, other)), pattern


def _korean(reader: TapeReader) -> str:
    return render_document(reader, lambda name: TEMPLATES / name, KOREAN).text


def test_the_korean_document_tells_the_story(reader: TapeReader) -> None:
    text = _korean(reader)
    assert re.findall(r"\{\{|\}\}|\{%|\bNone\b|\bnan\b|Undefined", text) == []
    assert "# 장애 보고서: " in text
    assert "실행 시작 92.4초 뒤 coupon-issuer에 kafka.consumer_pause 결함을 주입했다." in text
    assert "| TTD | 4.0초 | impact | detected |" in text
    assert "restart 조치의 lag_records: 예측 20, 실측 22." in text
    assert "| undetected |" not in text
    assert "| 탐지 전 | 92.5 | 96.5 | 4.0초 |" in text


@pytest.mark.parametrize("cut", [0, 3, 5, 7, 9, 12, 14, 16, 20, 24])
def test_a_run_that_ended_anywhere_has_a_korean_document(
    cut: int, story: Story, meta: RunMeta, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("cut") / "tape.db"
    with Tape.create(path, meta) as tape:
        for t, data in story[:cut]:
            tape.append(t, meta.started + t, data)
    with TapeReader.open(path) as cut_short:
        text = _korean(cut_short)
    assert re.findall(r"\bNone\b|\bnan\b|Undefined", text) == []
    assert "## 용어" in text


def test_the_korean_runbook_is_kept_like_the_english_one(
    reader: TapeReader, tmp_path_factory: pytest.TempPathFactory
) -> None:
    page = tmp_path_factory.mktemp("ko") / "kafka.consumer_pause.md"
    update_runbook(reader, page, TEMPLATES / "ko" / "runbook.md.j2", KOREAN)
    first = page.read_bytes()
    update_runbook(reader, page, TEMPLATES / "ko" / "runbook.md.j2", KOREAN)
    text = page.read_text(encoding="utf-8")
    assert page.read_bytes() == first
    assert "**최근 훈련:** 2023-11-14" in text
    assert f"../incidents/{reader.meta.run}/ko/incident.md" in text
    assert "기록 1회, held 비율 100%" in text
