"""A language: its code, its phrases by name, and where its templates lie."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tocsin.retro.language import en, ko


@dataclass(frozen=True)
class Language:
    """Phrases by name; a phrase holds its figures as ``str.format`` fields."""

    code: str
    phrases: Mapping[str, str]

    def __call__(self, phrase: str, /, **figures: Any) -> str:
        """The phrase of that name with its figures filled in."""
        return self.phrases[phrase].format(**figures)

    def template(self, name: str) -> str:
        """Where the template ``name`` lies below the folder of templates: English at its top, others in their own."""
        return name if self.code == "en" else f"{self.code}/{name}"

    def seconds(self, value: float | None) -> str:
        """Seconds with one decimal; a dash for what did not happen."""
        return "–" if value is None else self("seconds", value=value)

    def sentence(self, text: str) -> str:
        """Text that ends with a full stop, and begins with a capital where the language has them."""
        first = text[:1].upper() if self.code == "en" else text[:1]
        return f"{first}{text[1:].rstrip('.')}."

    def doer(self, text: str) -> str:
        """Who lifted a fault, as the tape has it: a remedy of a target, or anything else as it stands."""
        remedy, of, target = text.partition(" of ")
        return self("remedy", remedy=remedy, target=target) if of else text


ENGLISH = Language("en", en.PHRASES)
KOREAN = Language("ko", ko.PHRASES)
LANGUAGES = {language.code: language for language in (ENGLISH, KOREAN)}
