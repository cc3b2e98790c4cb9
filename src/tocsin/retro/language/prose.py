"""Prose of the catalogue in another language: playbooks and SLOs, by their English text.

A text that is not there, or that was changed since, stays as it is: an outdated translation is never shown.
"""

from pathlib import Path

from tocsin.errors import BadInput
from tocsin.yamlfile import read_yaml

FILE = "texts.yaml"
"""Beside a language's templates: a list of ``en`` and its text in that language under the language's code."""
_DRILL = "DRILL"
"""Stands for the name of a drill."""


class Prose:
    """Looks texts up; ``drill`` is the name that DRILL stands for, empty where there is none."""

    def __init__(self, texts: dict[str, str], drill: str = "") -> None:
        self._texts, self._drill = texts, drill

    @classmethod
    def of(cls, folder: Path, code: str, drill: str = "") -> "Prose":
        """The texts of a language, from the folder of its templates; none where it has no file.

        Raises:
            BadInput: when the file is not what it should be.
        """
        path = folder / FILE
        if code == "en" or not path.is_file():
            return cls({}, drill)
        found = read_yaml(path)
        try:
            return cls({_plain(one["en"]): str(one[code]) for one in found}, drill)
        except (KeyError, TypeError) as error:
            raise BadInput(f"{path}: not a list of `en` and `{code}`: {error}") from error

    def __call__(self, text: str) -> str:
        """The text in this language, or as it is."""
        plain = _plain(text)
        if plain in self._texts or not self._drill:
            return self._texts.get(plain, text)
        found = self._texts.get(plain.replace(self._drill, _DRILL))
        return text if found is None else found.replace(_DRILL, self._drill)


def _plain(text: str) -> str:
    return " ".join(text.split())
