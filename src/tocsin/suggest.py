"""What somebody may have meant who wrote a word that is not known; light, for it goes with every error."""

import difflib


def nearest(word: str, valid: list[str]) -> str:
    """A hint: the valid word that looks most like ``word``, or the whole choice when none does."""
    close = difflib.get_close_matches(word, valid, n=1, cutoff=0.5)
    if close:
        return f"did you mean {close[0]!r}?"
    return f"valid: {', '.join(sorted(valid))}" if valid else "none is known"
